namespace VmTools.Host.LogForwarder.Settings;

/// <summary>How the time stands in a line of a log file.</summary>
internal enum FileTime
{
    /// <summary>With year, fraction and zone; what sources are merged by.</summary>
    Rfc3339,

    /// <summary>As the original writes it: local, to the second, without a year.</summary>
    Rfc3164,
}
