namespace VmTools.Guest.Syslog.Parsing;

/// <summary>One message as it goes to the host. The content is the program's own bytes: the host makes them safe to show.</summary>
internal readonly ref struct SyslogMessage(SyslogSeverity severity, DateTimeOffset time, ReadOnlySpan<byte> content)
{
    public SyslogSeverity Severity { get; } = severity;

    public DateTimeOffset Time { get; } = time;

    public ReadOnlySpan<byte> Content { get; } = content;
}
