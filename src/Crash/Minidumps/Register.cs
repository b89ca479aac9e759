namespace VmTools.Crash.Minidumps;

/// <summary>A general register; a 32-bit or 16-bit one has zeroes above.</summary>
public readonly record struct Register(string Name, ulong Value, int Bits);
