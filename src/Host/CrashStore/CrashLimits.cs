namespace VmTools.Host.CrashStore;

/// <summary>How much of reports is kept.</summary>
internal sealed record CrashLimits
{
    public static readonly CrashLimits Default = new();

    /// <summary>The size of one minidump.</summary>
    public int MaxDumpBytes { get; init; } = 1 << 20;

    public int MaxTreeBytes { get; init; } = 128 << 10;

    public long MaxVmBytes { get; init; } = 32L << 20;

    public long MaxAllBytes { get; init; } = 256L << 20;
}
