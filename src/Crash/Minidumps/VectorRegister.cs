namespace VmTools.Crash.Minidumps;

/// <summary>A register of 128 bits, or of 256 where the minidump has the upper halves; the lowest byte first.</summary>
public readonly record struct VectorRegister(string Name, ReadOnlyMemory<byte> Value);
