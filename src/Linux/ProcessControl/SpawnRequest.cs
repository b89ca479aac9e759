using VmTools.Linux.Accounts;

namespace VmTools.Linux.ProcessControl;

/// <summary>
/// A program to start. It gets default signal dispositions, an empty signal mask, fds 0 to 2 and the passed ones, no others.
/// <paramref name="Arguments"/> begins with argv[0].
/// </summary>
public sealed record SpawnRequest(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>The whole environment; null hands on our own.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>Entered as the user who runs the program; a relative program is found from there.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Null is /dev/null.</summary>
    public FdHandle? StandardInput { get; init; }

    /// <summary>Null is /dev/null.</summary>
    public FdHandle? StandardOutput { get; init; }

    /// <summary>Null is /dev/null.</summary>
    public FdHandle? StandardError { get; init; }

    /// <summary>The path of a terminal to open as 0, 1 and 2 in a new session, which it then controls.</summary>
    public string? ControllingTerminal { get; init; }

    /// <summary>Starts the program as leader of a session of its own.</summary>
    public bool NewSession { get; init; }

    /// <summary>Who the program runs as; needs root. Null leaves it as we are.</summary>
    public Credentials? RunAs { get; init; }

    /// <summary>Inherited as 3, 4 and so on, in this order.</summary>
    public IReadOnlyList<FdHandle> PassFds { get; init; } = [];

    /// <summary>The file mode creation mask; null leaves ours.</summary>
    public UnixFileMode? Umask { get; init; }

    /// <summary>
    /// Starts the program in a mount name space of its own, from which nothing comes back (mount_namespaces(7)); needs root.
    /// </summary>
    public bool OwnMounts { get; init; }

    /// <summary>What the program may still do; null leaves it as we are.</summary>
    public Confinement? Confinement { get; init; }

    /// <summary>Looks for a program without a slash in the PATH of the given environment.</summary>
    public bool SearchPath { get; init; }
}
