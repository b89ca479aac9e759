namespace VmTools.Guest.Tremplin;

/// <summary>Where containers lie in the VM.</summary>
/// <param name="State">On the stateful disk: what stays; LXC's own path too.</param>
/// <param name="Runtime">In memory: what a running container needs.</param>
internal sealed record TremplinPaths(string State, string Runtime)
{
    public static readonly TremplinPaths OfVm = new("/mnt/stateful/containers", "/run/vmtools/containers")
    {
        Doors = "/run/vmtools/doors",
    };

    /// <summary>What containers see of it: the sockets by which they reach the host.</summary>
    public string Doors { get; init; } = $"{Runtime}/.doors";

    /// <summary>What the places of <see cref="View"/> are called.</summary>
    public const string Views = ".view-*";

    /// <summary>The images that containers lie on.</summary>
    public string Images => $"{State}/.images";

    public string Of(ContainerName name) => $"{State}/{name}";

    /// <summary>A container that is being made; no name of a container begins with a full stop.</summary>
    public string New(ContainerName name) => $"{State}/.new-{name}";

    /// <summary>A container that is being deleted.</summary>
    public string Gone(ContainerName name) => $"{State}/.gone-{name}.{Guid.NewGuid():N}";

    /// <summary>The root directory that a running container sees.</summary>
    public string Root(ContainerName name) => $"{Of(name)}/rootfs";

    /// <summary>What init and the container's kernel messages wrote to the console since the last start.</summary>
    public string ConsoleLog(ContainerName name) => $"{Of(name)}/console.log";

    /// <summary>What LXC noted since the last start.</summary>
    public string LxcLog(ContainerName name) => $"{Of(name)}/lxc.log";

    public string Image(Guid image) => $"{Images}/{image:D}.erofs";

    /// <summary>An image that was unpacked: a directory with its root file system.</summary>
    public string Tree(Guid image) => $"{Images}/{image:D}";

    /// <summary>One that is being unpacked.</summary>
    public string NewTree(Guid image) => $"{Images}/.new-{image:D}";

    /// <summary>An image without a container, while it is being removed.</summary>
    public string GoneTree() => $"{Images}/.gone-{Guid.NewGuid():N}";

    /// <summary>Where the host's files lie that are to become something here; each goes when it has been used.</summary>
    public string Incoming => $"{State}/.incoming";

    public string RuntimeOf(ContainerName name) => $"{Runtime}/{name}";

    /// <summary>What the container had written when its snapshots were made, a directory each.</summary>
    public string Snapshots(ContainerName name) => $"{Of(name)}/snapshots";

    /// <summary>Where the files of a container are seen as the container sees them, for as long as they are read.</summary>
    public string View() => $"{Runtime}/.view-{Guid.NewGuid():N}";

    /// <summary>Behind it the agent of a running container listens.</summary>
    public string AgentSocket(ContainerName name) => $"{RuntimeOf(name)}/garcon.sock";

    /// <summary>The secret of a running container, for an agent that is started again.</summary>
    public string Token(ContainerName name) => $"{RuntimeOf(name)}/token";

    /// <summary>What only the container's root may pass through on its way to the door.</summary>
    public string DoorFrame(ContainerName name) => $"{Doors}/{name}";

    /// <summary>The directory that the container sees, with the socket by which it reaches the host.</summary>
    public string Door(ContainerName name) => $"{DoorFrame(name)}/door";

    /// <summary>The image as the container's ids see it.</summary>
    public string Lower(ContainerName name) => $"{RuntimeOf(name)}/image";
}
