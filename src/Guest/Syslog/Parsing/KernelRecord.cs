namespace VmTools.Guest.Syslog.Parsing;

/// <summary>One record of /dev/kmsg.</summary>
internal readonly ref struct KernelRecord
{
    public required SyslogSeverity Severity { get; init; }

    /// <summary>Counts every record of the kernel since it started.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>Since the kernel started.</summary>
    public required TimeSpan SinceBoot { get; init; }

    /// <summary>A part of a line whose beginning came in an earlier record.</summary>
    public required bool IsContinuation { get; init; }

    public required ReadOnlySpan<byte> Content { get; init; }
}
