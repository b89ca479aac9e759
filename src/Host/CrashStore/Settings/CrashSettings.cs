namespace VmTools.Host.CrashStore.Settings;

/// <summary>What may be chosen about crash reports.</summary>
internal sealed record CrashSettings
{
    public static readonly CrashSettings Default = new();

    public CrashLimits Limits { get; init; } = CrashLimits.Default;

    /// <summary>Reports that a VM may send at once after a time without any.</summary>
    public int ReportBurst { get; init; } = 20;

    /// <summary>And then so many in an hour.</summary>
    public int ReportsPerHour { get; init; } = 10;

    /// <summary>The program that is given each report, or null.</summary>
    public string? UploadHook { get; init; }

    public TimeSpan UploadLimit { get; init; } = TimeSpan.FromMinutes(1);
}
