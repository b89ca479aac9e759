namespace VmTools.Crash.Minidumps;

/// <summary>A piece of the process's memory.</summary>
public sealed record MinidumpMemory(ulong Start, ReadOnlyMemory<byte> Bytes);
