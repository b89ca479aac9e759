using VmTools.Guest.Vshd.HandOver;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>What the command line of vshd decides for every session.</summary>
internal sealed record SessionPolicy
{
    /// <summary>The user of the VM shell, and of every session in a container, when the host names none.</summary>
    public string DefaultUser { get; init; } = "chronos";

    /// <summary>The id of a user who takes that one's place as soon as there is such a user.</summary>
    public uint? DefaultUid { get; init; }

    /// <summary>False: only the default user on the VM shell, and no change of user ever.</summary>
    public bool AllowToSwitchUser { get; init; } = true;

    /// <summary>
    /// Where the shell servers of the VM's containers are, to which a session for a container is handed over; null where every session is
    /// ours, whatever its target.
    /// </summary>
    public ContainerSockets? Containers { get; init; }

    /// <summary>We serve a container, to which the VM's shell server hands sessions over.</summary>
    public bool IsInContainer { get; init; }

    /// <summary>What the programs run in, in a sentence.</summary>
    public string Place => IsInContainer ? "container" : "VM";

    /// <summary>The program's environment begins as a copy of vshd's own.</summary>
    public bool InheritEnvironment { get; init; }

    /// <summary>How long the host may take to say what it wants.</summary>
    public TimeSpan SetupLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// After the program's end, how long nothing may come from processes it left behind before the session ends without
    /// them: they may hold the terminal or a pipe for ever.
    /// </summary>
    public TimeSpan DrainQuiet { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>What may still come after the end of the program: more than any pipe or terminal holds by default.</summary>
    public int DrainBytes { get; init; } = 1024 * 1024;

    /// <summary>How long the host may take to close after it was told the exit code.</summary>
    public TimeSpan LingerLimit { get; init; } = TimeSpan.FromSeconds(2);
}
