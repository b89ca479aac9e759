using VmTools.Host.LogForwarder.Files;
using VmTools.Host.LogStore;

namespace VmTools.Host.LogForwarder.Batches;

/// <summary>Records that a guest sent in one call, in their order. A guest that does not name its batches is not told repeats.</summary>
internal readonly record struct LogBatch(LogSource Source, BatchId? Id, ReadOnlyMemory<GuestRecord> Records);

/// <summary>
/// One record as a guest sent it: the severity in syslog's numbers, the time it claims (seconds since 1970 and nanoseconds, neither
/// checked), and bytes of any kind.
/// </summary>
internal readonly record struct GuestRecord(int Severity, long Seconds, int Nanoseconds, ReadOnlyMemory<byte> Content);
