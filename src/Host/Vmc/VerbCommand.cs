using System.CommandLine;

namespace VmTools.Host.Vmc;

/// <summary>A verb as the parser knows it, with the examples that its help ends with.</summary>
internal sealed class VerbCommand(string name, string description) : Command(name, description)
{
    public required IReadOnlyList<Example> Examples { get; init; }
}
