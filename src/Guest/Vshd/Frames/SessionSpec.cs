namespace VmTools.Guest.Vshd.Frames;

/// <summary>What the host asks for when it opens a session (SetupConnectionRequest of vsh.proto).</summary>
internal sealed record SessionSpec
{
    /// <summary>The VM itself (<see cref="Protocol.Vsh.VshTarget"/>) or a container's name.</summary>
    public required string Target { get; init; }

    /// <summary>The user to log in as; empty leaves the choice to vshd.</summary>
    public required string User { get; init; }

    /// <summary>The program and its arguments; none mean the user's login shell.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Variables for the program, beside those that vshd sets.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The directory in which the program begins, relative to the user's home; empty means the home itself.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>A process beside which the program begins, which goes before the working directory; 0 for none.</summary>
    public required int BesideProcess { get; init; }

    /// <summary>Whether the program gets a terminal rather than three pipes.</summary>
    public required bool HasTerminal { get; init; }

    /// <summary>The terminal's height; 0 where the host has none.</summary>
    public required int WindowRows { get; init; }

    /// <summary>The terminal's width; 0 where the host has none.</summary>
    public required int WindowColumns { get; init; }

    /// <summary>A sentence for the host when this cannot be done as it is asked for, else null.</summary>
    public string? Problem()
    {
        if (HasNul(Target) || HasNul(User) || HasNul(WorkingDirectory))
        {
            return "the target, the user and the working directory may not hold a NUL byte";
        }

        if (Arguments.Any(HasNul))
        {
            return "an argument holds a NUL byte, which no program can be given";
        }

        return Environment.Any(pair => !IsPossible(pair.Key) || HasNul(pair.Value))
            ? "a variable's name is empty, holds '=' or a NUL byte, or its value holds a NUL byte"
            : null;
    }

    private static bool IsPossible(string name) => name.Length > 0 && !name.Contains('=') && !HasNul(name);

    private static bool HasNul(string text) => text.Contains('\0');
}
