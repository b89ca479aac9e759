namespace VmTools.Crash.Conversion;

/// <summary>Addresses from the first to before the last; empty by default.</summary>
internal readonly record struct MemorySpan(ulong Start, ulong End)
{
    public int Size => (int)Math.Min(End - Start, int.MaxValue);

    public bool IsEmpty => End <= Start;
}
