namespace VmTools.Host.LogStore;

/// <summary>What the log files of one VM may take up.</summary>
internal sealed record LogFileLimits
{
    public static readonly LogFileLimits Default = new();

    /// <summary>A live file of this size is rotated.</summary>
    public long MaxFileBytes { get; init; } = 1L << 20;

    /// <summary>Older files of one source, beside the live one.</summary>
    public int KeptFiles { get; init; } = 4;

    /// <summary>A live file older than this is rotated.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>A file that was last written so long ago is deleted.</summary>
    public TimeSpan KeptAge { get; init; } = TimeSpan.FromDays(30);

    /// <summary>All files of the VM together; the oldest go first.</summary>
    public long MaxVmBytes { get; init; } = 16L << 20;
}
