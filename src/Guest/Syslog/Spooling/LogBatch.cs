namespace VmTools.Guest.Syslog.Spooling;

/// <summary>Records that go to the host in one call, the same bytes under the same number until it has answered.</summary>
/// <param name="Kind">Which method takes them.</param>
/// <param name="Number">Counts the batches of one spool from 1.</param>
/// <param name="Request">A serialized LogRequest.</param>
/// <param name="Count">How many records.</param>
/// <param name="LastTag">The tag of the last one: for the kernel's, its sequence.</param>
internal sealed record LogBatch(LogKind Kind, long Number, ReadOnlyMemory<byte> Request, int Count, ulong LastTag);
