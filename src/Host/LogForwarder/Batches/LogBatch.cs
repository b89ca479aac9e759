using VmTools.Host.LogStore;

namespace VmTools.Host.LogForwarder.Batches;

/// <summary>Records that a guest sent in one call, in their order. A guest that does not name its batches is not told repeats.</summary>
internal readonly record struct LogBatch(LogSource Source, BatchId? Id, ReadOnlyMemory<GuestRecord> Records);
