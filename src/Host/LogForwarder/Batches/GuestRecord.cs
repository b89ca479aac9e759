namespace VmTools.Host.LogForwarder.Batches;

/// <summary>
/// One record as a guest sent it: the severity in syslog's numbers, the time it claims (seconds since 1970 and nanoseconds, neither
/// checked), and bytes of any kind.
/// </summary>
internal readonly record struct GuestRecord(int Severity, long Seconds, int Nanoseconds, ReadOnlyMemory<byte> Content);
