namespace VmTools.Guest.Maitred.Supervision;

/// <summary>One program to run in the VM: what LaunchProcess asks for, and what a file in /etc/maitred holds.</summary>
internal sealed record LaunchSpec
{
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Added to the environment every child gets; wins where both name a variable.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public bool Respawn { get; init; }

    /// <summary>The VM cannot do without it: where it is to be started again, that is never given up.</summary>
    public bool IsNeeded { get; init; }

    public bool UseConsole { get; init; }

    public bool WaitForExit { get; init; }

    /// <summary>Gives the child a mount name space of its own, so that it can take everything away from itself.</summary>
    public bool OwnMounts { get; init; }

    /// <summary>A file the child inherits as descriptor 3: how vshd gets the socket maitred listens on.</summary>
    public Linux.FdHandle? Inherited { get; init; }

    /// <summary>The file to execute where it is not the first argument itself.</summary>
    public string? Program { get; init; }

    /// <summary>A sentence when this program could not be started on any machine, else null.</summary>
    public string? Problem()
    {
        if (Arguments.Count == 0 || Arguments[0].Length == 0)
        {
            return "missing argv";
        }

        if (Respawn && WaitForExit)
        {
            return "respawn and wait_for_exit cannot both be set";
        }

        if (Arguments.Any(HasNul) || Environment.Any(pair => HasNul(pair.Key) || HasNul(pair.Value)))
        {
            return "an argument or environment variable holds a NUL byte";
        }

        return Environment.Keys.Any(key => key.Length == 0 || key.Contains('='))
            ? "the name of an environment variable is empty or holds '='"
            : null;
    }

    private static bool HasNul(string text) => text.Contains('\0');
}
