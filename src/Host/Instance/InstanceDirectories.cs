namespace VmTools.Host.Instance;

/// <summary>
/// Where one instance of the host programs keeps its things. The system instance is root's; every other user has an
/// instance of their own. <c>VMTOOLS_RUNTIME_DIR</c>, <c>VMTOOLS_STATE_DIR</c> and <c>VMTOOLS_IMAGE_DIR</c> override
/// each place, which is how tests keep apart from the user's machines. A relative one is the caller's and made absolute here,
/// once, so that every program means the same place; an empty one counts as unset.
/// </summary>
internal sealed record InstanceDirectories(string Runtime, string State, string Image)
{
    public const string RuntimeVariable = "VMTOOLS_RUNTIME_DIR";
    public const string StateVariable = "VMTOOLS_STATE_DIR";
    public const string ImageVariable = "VMTOOLS_IMAGE_DIR";

    /// <summary>The vsock name space of the user carrier: <c>host.PORT</c>, <c>guest.CID</c>, <c>device.CID</c>.</summary>
    public string Vsock => Path.Combine(Runtime, "vsock");

    /// <summary>One JSON record per running VM, from which a restarted daemon takes it back.</summary>
    public string Records => Path.Combine(Runtime, "vms");

    /// <summary>The address of the private bus, used where the user has no session bus.</summary>
    public string PrivateBusSocket => Path.Combine(Runtime, "bus");

    /// <summary>The directories for the calling user, read from the environment once.</summary>
    public static InstanceDirectories ForUser(uint uid, Func<string, string?> environment, string programDirectory) =>
        new(
            Chosen(environment, RuntimeVariable) ?? DefaultRuntime(uid, environment),
            Chosen(environment, StateVariable) ?? DefaultState(uid, environment),
            Chosen(environment, ImageVariable) ?? DefaultImage(programDirectory));

    private static string? Chosen(Func<string, string?> environment, string variable) =>
        environment(variable) is { Length: > 0 } path ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) : null;

    /// <summary>The XDG variables are ignored where they are not absolute, as their specification wants it.</summary>
    private static string? Absolute(Func<string, string?> environment, string variable) =>
        environment(variable) is { Length: > 0 } path && Path.IsPathRooted(path) ? path : null;

    private static string DefaultRuntime(uint uid, Func<string, string?> environment) =>
        uid == 0 ? "/run/vmtools"
        : Absolute(environment, "XDG_RUNTIME_DIR") is { } runtime ? Path.Combine(runtime, "vmtools")
        : $"/tmp/vmtools-{uid}";

    private static string DefaultState(uint uid, Func<string, string?> environment) =>
        uid == 0 ? "/var/lib/vmtools"
        : Absolute(environment, "XDG_STATE_HOME") is { } state ? Path.Combine(state, "vmtools")
        : Path.Combine(Absolute(environment, "HOME") ?? "/", ".local", "state", "vmtools");

    /// <summary>A build tree has the image beside the programs (out/bin, out/image); an installation below /usr/share.</summary>
    private static string DefaultImage(string programDirectory)
    {
        var beside = Path.GetFullPath(Path.Combine(programDirectory, "..", "image"));
        return Directory.Exists(beside) ? beside : "/usr/share/vmtools/image";
    }
}
