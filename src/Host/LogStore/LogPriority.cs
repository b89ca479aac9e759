namespace VmTools.Host.LogStore;

/// <summary>
/// The number before a record: who speaks, and how bad it is (RFC 3164 section 4.1.1; severity 0 to 7, 0 being the worst).
/// </summary>
internal readonly record struct LogPriority(LogFacility Facility, int Severity)
{
    /// <summary>The priority of what the host says itself in a VM's log.</summary>
    public static LogPriority HostWarning => new(LogFacility.Syslog, 4);

    public int Value => ((int)Facility * 8) + Severity;

    public static LogPriority Parse(uint value) => new((LogFacility)(value >> 3), (int)(value & 7));
}

/// <summary>Who speaks in a VM's log (RFC 3164 section 4.1.1). No guest can speak as the host.</summary>
internal enum LogFacility
{
    /// <summary>User-level messages, in which everything of a guest is filed.</summary>
    User = 1,

    /// <summary>Messages generated internally by syslogd: the host's own, on what it dropped.</summary>
    Syslog = 5,
}
