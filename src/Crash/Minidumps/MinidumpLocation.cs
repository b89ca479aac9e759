namespace VmTools.Crash.Minidumps;

/// <summary>A part of a minidump: its size and its place from the beginning (MINIDUMP_LOCATION_DESCRIPTOR).</summary>
internal readonly record struct MinidumpLocation(int Size, int Rva);
