namespace VmTools.Guest.Syslog.Parsing;

/// <summary>How much a message matters; the numbers are those of syslog and of the kernel's log (RFC 5424, section 6.2.1).</summary>
internal enum SyslogSeverity
{
    Emergency = 0,
    Alert = 1,
    Critical = 2,
    Error = 3,
    Warning = 4,
    Notice = 5,
    Info = 6,
    Debug = 7,
}
