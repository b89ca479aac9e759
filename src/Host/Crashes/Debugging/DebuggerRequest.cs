using VmTools.Crash.Minidumps;

namespace VmTools.Host.Crashes.Debugging;

/// <summary>A minidump whose stacks are wanted, of the thread that died or of all; what is in the file has been read already.</summary>
internal sealed record DebuggerRequest(string Path, MinidumpFile Dump, SymbolPlaces Places, bool IsAll);
