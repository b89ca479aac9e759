namespace VmTools.Crash.Cores;

/// <summary>A piece of a file in the memory of the process; the offset counts pages.</summary>
internal readonly record struct FileMapping(ulong Start, ulong End, ulong OffsetInPages, string File);
