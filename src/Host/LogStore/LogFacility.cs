namespace VmTools.Host.LogStore;

/// <summary>Who speaks in a VM's log (RFC 3164 section 4.1.1). No guest can speak as the host.</summary>
internal enum LogFacility
{
    /// <summary>User-level messages, in which everything of a guest is filed.</summary>
    User = 1,

    /// <summary>Messages generated internally by syslogd: the host's own, on what it dropped.</summary>
    Syslog = 5,
}
