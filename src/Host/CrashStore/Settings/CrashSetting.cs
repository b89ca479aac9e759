using VmTools.Host.Settings;

namespace VmTools.Host.CrashStore.Settings;

/// <summary>What may be chosen about crash reports, in the file <c>crash.conf</c> and on the command line.</summary>
internal static class CrashSetting
{
    private const long Gibibyte = 1L << 30;

    /// <summary>The settings in the order in which the help lists them.</summary>
    public static readonly IReadOnlyList<Setting<CrashSettings>> All =
    [
        Number(
            "report_burst", "reports a VM may send at once after a time without any", new NumberRange(1, 10_000),
            ("20", static (settings, value) => settings with { ReportBurst = (int)value })),
        Number(
            "reports_per_hour", "and then in an hour", new NumberRange(1, 10_000),
            ("10", static (settings, value) => settings with { ReportsPerHour = (int)value })),
        Number(
            "max_report_bytes", "size of the largest minidump that is taken", new NumberRange(65_536, 16L << 20),
            ("1048576", static (settings, value) => settings with { Limits = settings.Limits with { MaxDumpBytes = (int)value } })),
        Number(
            "max_vm_bytes", "size of all reports of a VM at which its oldest go", new NumberRange(1L << 20, 64 * Gibibyte),
            ("33554432", static (settings, value) => settings with { Limits = settings.Limits with { MaxVmBytes = value } })),
        Number(
            "max_all_bytes", "size of the reports of all VMs at which the oldest go", new NumberRange(1L << 20, 64 * Gibibyte),
            ("268435456", static (settings, value) => settings with { Limits = settings.Limits with { MaxAllBytes = value } })),
        new("upload_hook", "none or the path of a program", "what is started for each report with its directory and id")
        {
            Default = "none",
            Apply = static (settings, text) =>
                text == "none" ? settings with { UploadHook = null }
                : text.StartsWith('/') ? settings with { UploadHook = text }
                : null,
        },
        Number(
            "upload_seconds", "how long it may take", new NumberRange(1, 3600),
            ("60", static (settings, value) => settings with { UploadLimit = TimeSpan.FromSeconds(value) })),
    ];

    private static Setting<CrashSettings> Number(
        string name, string meaning, NumberRange range, (string Default, Func<CrashSettings, long, CrashSettings> With) choice) =>
        Setting<CrashSettings>.OfNumber(name, meaning, range, choice);
}
