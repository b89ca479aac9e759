using System.CommandLine;

namespace VmTools.Host.Vmc.Cli;

/// <summary>A verb as the parser knows it, with the examples that its help ends with.</summary>
internal sealed class VerbCommand(string name, string description) : Command(name, description)
{
    public required IReadOnlyList<Example> Examples { get; init; }

    /// <summary>
    /// The words that stand behind <c>--</c> and nowhere else, so that none of them is taken for an option of ours; null where there are
    /// none.
    /// </summary>
    public Argument? BehindDashes { get; init; }

    /// <summary>How many of those words may stand before the dashes all the same, as names that can be left out.</summary>
    public int NamesBeforeDashes { get; init; }
}

/// <summary>A command line and what it does, for a verb's help.</summary>
internal readonly record struct Example(string CommandLine, string Effect);
