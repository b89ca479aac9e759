namespace VmTools.Crash.Minidumps;

/// <summary>A program or library that was in memory.</summary>
public sealed record MinidumpModule(string Path, ulong Start, ulong Size, string BuildId)
{
    public bool Contains(ulong address) => address >= Start && address - Start < Size;
}
