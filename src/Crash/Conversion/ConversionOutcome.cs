namespace VmTools.Crash.Conversion;

/// <summary>What came of a core.</summary>
public sealed record ConversionOutcome
{
    /// <summary>A minidump was written.</summary>
    public required bool HasDump { get; init; }

    public required CoreState State { get; init; }

    /// <summary>Empty, or one sentence on what is missing and why.</summary>
    public string Problem { get; init; } = "";

    public int Signal { get; init; }

    /// <summary>si_code: whether the kernel or a process sent the signal, and for what.</summary>
    public int SignalCode { get; init; }

    /// <summary>The address that could not be accessed or executed; 0 when the signal has none.</summary>
    public ulong FaultAddress { get; init; }

    /// <summary>Threads in the core, those that the minidump has no room for included.</summary>
    public int Threads { get; init; }

    public int Modules { get; init; }

    /// <summary>Bytes that were read.</summary>
    public long CoreBytes { get; init; }

    public int DumpBytes { get; init; }
}
