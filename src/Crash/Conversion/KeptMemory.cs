namespace VmTools.Crash.Conversion;

/// <summary>A piece of the process's memory that the minidump gets. It fills from its beginning while the core passes by.</summary>
internal sealed class KeptMemory(MemorySpan span)
{
    public ulong Start { get; } = span.Start;

    public ulong End { get; } = span.End;

    public byte[] Bytes { get; } = new byte[span.Size];

    /// <summary>Less than all when the core ended early.</summary>
    public int Filled { get; private set; }

    /// <summary>Takes of the bytes at an address what belongs here. They come in the order of their addresses.</summary>
    public void Take(ulong address, ReadOnlySpan<byte> bytes)
    {
        var (start, end) = (Math.Max(address, Start), Math.Min(address + (ulong)bytes.Length, End));
        if (start < end && start - Start <= (ulong)Filled)
        {
            bytes[(int)(start - address)..(int)(end - address)].CopyTo(Bytes.AsSpan((int)(start - Start)));
            Filled = Math.Max(Filled, (int)(end - Start));
        }
    }
}
