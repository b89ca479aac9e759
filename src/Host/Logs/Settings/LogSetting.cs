namespace VmTools.Host.Logs.Settings;

/// <summary>One thing that may be chosen about logs, by the same name in the file and on the command line.</summary>
internal sealed record LogSetting(string Name, string Allowed, string Meaning)
{
    private const long Gibibyte = 1L << 30;

    /// <summary>In the order in which the help lists them. A rate must let the longest line pass, and a file must hold it.</summary>
    public static readonly IReadOnlyList<LogSetting> All =
    [
        Of("records_per_second", "lines a VM may log per second; 10 s' worth may come at once", new NumberRange(1, 1_000_000) { IsZeroNoLimit = true }) with
        {
            Default = "1000",
            WithNumber = static (settings, value) => settings with { RecordsPerSecond = value },
        },
        Of("bytes_per_second", "the same in bytes", new NumberRange(65_536, Gibibyte) { IsZeroNoLimit = true }) with
        {
            Default = "1048576",
            WithNumber = static (settings, value) => settings with { BytesPerSecond = value },
        },
        Of("max_file_bytes", "size at which a file is put away and a new one begun", new NumberRange(65_536, 64L << 20)) with
        {
            Default = "1048576",
            WithNumber = static (settings, value) => settings with { Files = settings.Files with { MaxFileBytes = value } },
        },
        Of("kept_files", "older files of each log beside the one being written", new NumberRange(0, 99)) with
        {
            Default = "4",
            WithNumber = static (settings, value) => settings with { Files = settings.Files with { KeptFiles = (int)value } },
        },
        Of("max_vm_bytes", "size of all files of a VM at which its oldest go", new NumberRange(1L << 20, Gibibyte)) with
        {
            Default = "16777216",
            WithNumber = static (settings, value) => settings with { Files = settings.Files with { MaxVmBytes = value } },
        },
        Of("kept_days", "age at which an older file goes", new NumberRange(1, 3650)) with
        {
            Default = "30",
            WithNumber = static (settings, value) => settings with { Files = settings.Files with { KeptAge = TimeSpan.FromDays(value) } },
        },
        new("file_time", "rfc3339 or rfc3164", "how the time of a line is written; rfc3164 has no year, fraction or zone") { Default = "rfc3339" },
    ];

    /// <summary>What holds where nothing is chosen, as it would be written.</summary>
    public required string Default { get; init; }

    /// <summary>Null for what is no number.</summary>
    private NumberRange? Range { get; init; }

    private Func<LogSettings, long, LogSettings>? WithNumber { get; init; }

    public static LogSetting? Find(string name) => All.FirstOrDefault(setting => setting.Name == name);

    /// <summary>The settings with this one chosen, or null where the value is not allowed.</summary>
    public LogSettings? Apply(LogSettings settings, string text) =>
        Range is not null ? (Range.TryParse(text, out var value) ? WithNumber!(settings, value) : null)
        : text == "rfc3339" ? settings with { FileTime = FileTime.Rfc3339 }
        : text == "rfc3164" ? settings with { FileTime = FileTime.Rfc3164 }
        : null;

    private static LogSetting Of(string name, string meaning, NumberRange range) => new(name, range.ToString(), meaning) { Default = "", Range = range };
}
