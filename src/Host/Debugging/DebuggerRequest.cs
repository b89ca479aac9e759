using VmTools.Crash.Minidumps;

namespace VmTools.Host.Debugging;

/// <summary>A minidump whose stacks are wanted, of the thread that died or of all; what is in the file has been read already.</summary>
internal sealed record DebuggerRequest(string Path, MinidumpFile Dump, SymbolPaths Places, bool IsAll);
