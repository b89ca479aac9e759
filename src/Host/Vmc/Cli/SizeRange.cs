namespace VmTools.Host.Vmc.Cli;

/// <summary>The sizes that an option takes.</summary>
internal readonly record struct SizeRange(ulong Least, ulong Most)
{
    public bool Holds(ulong bytes) => bytes >= Least && bytes <= Most;

    /// <summary>As a user would type it: from 16M to 16T.</summary>
    public override string ToString() => $"from {SizeText.Typed(Least)} to {SizeText.Typed(Most)}";
}
