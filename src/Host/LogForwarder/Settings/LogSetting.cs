using System.Text;
using VmTools.Host.Settings;
using VmTools.Linux.Sockets;

namespace VmTools.Host.LogForwarder.Settings;

/// <summary>What may be chosen about logs, in the file <c>logs.conf</c> and on the command line.</summary>
internal static class LogSetting
{
    private const long Gibibyte = 1L << 30;

    /// <summary>
    /// The settings in the order in which the help lists them. A rate must let the longest line pass, and a file must hold it.
    /// </summary>
    public static readonly IReadOnlyList<Setting<LogSettings>> All =
    [
        Number(
            "records_per_second", "lines a VM may log per second; 10 s' worth may come at once",
            new NumberRange(1, 1_000_000) { IsZeroNoLimit = true },
            ("1000", static (settings, value) => settings with { RecordsPerSecond = value })),
        Number(
            "bytes_per_second", "the same in bytes", new NumberRange(65_536, Gibibyte) { IsZeroNoLimit = true },
            ("1048576", static (settings, value) => settings with { BytesPerSecond = value })),
        Number(
            "max_file_bytes", "size at which a file is put away and a new one begun", new NumberRange(65_536, 64L << 20),
            ("1048576", static (settings, value) => settings with { Files = settings.Files with { MaxFileBytes = value } })),
        Number(
            "kept_files", "older files of each log beside the one being written", new NumberRange(0, 99),
            ("4", static (settings, value) => settings with { Files = settings.Files with { KeptFiles = (int)value } })),
        Number(
            "max_vm_bytes", "size of all files of a VM at which its oldest go", new NumberRange(1L << 20, Gibibyte),
            ("16777216", static (settings, value) => settings with { Files = settings.Files with { MaxVmBytes = value } })),
        Number(
            "kept_days", "age at which an older file goes", new NumberRange(1, 3650),
            ("30", static (settings, value) => settings with { Files = settings.Files with { KeptAge = TimeSpan.FromDays(value) } })),
        new("file_time", "rfc3339 or rfc3164", "how the time of a line is written; rfc3164 has no year, fraction or zone")
        {
            Default = "rfc3339",
            Apply = static (settings, text) => text switch
            {
                "rfc3339" => settings with { FileTime = FileTime.Rfc3339 },
                "rfc3164" => settings with { FileTime = FileTime.Rfc3164 },
                _ => null,
            },
        },
        new("syslog", "true or false", "copy every record to the host's syslog besides, tagged with its VM; --syslog alone is true")
        {
            Default = "false",
            Bare = "true",
            Apply = static (settings, text) => text switch
            {
                "true" => settings with { Syslog = true },
                "false" => settings with { Syslog = false },
                _ => null,
            },
        },
        new("syslog_socket", "an absolute path of at most 107 bytes", "the socket on which the host's syslog takes datagrams")
        {
            Default = "/dev/log",
            Apply = static (settings, text) =>
                Path.IsPathRooted(text) && Encoding.UTF8.GetByteCount(text) <= UnixSocket.MaxPathBytes
                    ? settings with { SyslogSocket = text }
                    : null,
        },
    ];

    private static Setting<LogSettings> Number(
        string name, string meaning, NumberRange range, (string Default, Func<LogSettings, long, LogSettings> With) choice) =>
        Setting<LogSettings>.OfNumber(name, meaning, range, choice);
}
