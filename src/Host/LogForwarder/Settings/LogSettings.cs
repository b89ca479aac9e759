using VmTools.Host.LogStore;

namespace VmTools.Host.LogForwarder.Settings;

/// <summary>What may be chosen about logs; a rate of 0 is no limit.</summary>
internal sealed record LogSettings
{
    public static readonly LogSettings Default = new();

    public long RecordsPerSecond { get; init; } = 1000;

    public long BytesPerSecond { get; init; } = 1L << 20;

    public LogFileLimits Files { get; init; } = LogFileLimits.Default;

    public FileTime FileTime { get; init; } = FileTime.Rfc3339;

    /// <summary>Whether the host's syslog gets a copy of every record that comes into a file.</summary>
    public bool Syslog { get; init; }

    public string SyslogSocket { get; init; } = "/dev/log";
}

/// <summary>How the time stands in a line of a log file.</summary>
internal enum FileTime
{
    /// <summary>The time has year, fraction and zone, so that sources can be merged by it.</summary>
    Rfc3339,

    /// <summary>The time is as the original writes it: local, to the second, without a year.</summary>
    Rfc3164,
}
