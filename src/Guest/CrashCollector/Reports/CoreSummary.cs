namespace VmTools.Guest.CrashCollector.Reports;

/// <summary>What a core came to.</summary>
internal sealed record CoreSummary
{
    /// <summary>How much of the core there was, in one word.</summary>
    public required string State { get; init; }

    /// <summary>Why there is no minidump, or not all of one; empty where nothing is missing.</summary>
    public string Problem { get; init; } = "";

    /// <summary>The signal as the core has it; null where it has none.</summary>
    public int? Signal { get; init; }

    public int? SignalCode { get; init; }

    public ulong? FaultAddress { get; init; }

    public int Threads { get; init; }

    public long CoreBytes { get; init; }

    /// <summary>Empty where there is none.</summary>
    public ReadOnlyMemory<byte> Minidump { get; init; }

    /// <summary>A core of which nothing was read.</summary>
    public static CoreSummary NotRead(string problem) => new() { State = "not_read", Problem = problem };
}
