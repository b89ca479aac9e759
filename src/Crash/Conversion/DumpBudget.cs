namespace VmTools.Crash.Conversion;

/// <summary>What a minidump may cost. Whatever the core's size, the whole file stays within <see cref="Bytes"/>.</summary>
public sealed record DumpBudget
{
    /// <summary>A report on its way to the host may have 1 MiB; the minidump leaves room for the rest of it.</summary>
    public static DumpBudget Default { get; } = new();

    /// <summary>At least 64 KiB.</summary>
    public int Bytes { get; init; } = 960 * 1024;

    /// <summary>Threads that are kept; the rest is counted.</summary>
    public int Threads { get; init; } = 256;

    public int Modules { get; init; } = 1024;

    /// <summary>Of the thread that crashed, from its stack pointer on.</summary>
    public int CrashedStack { get; init; } = 384 * 1024;

    /// <summary>Of each other thread; less where all of them together would not fit.</summary>
    public int OtherStack { get; init; } = 64 * 1024;
}
