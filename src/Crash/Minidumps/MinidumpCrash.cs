namespace VmTools.Crash.Minidumps;

/// <summary>Why and where the process died: a signal, its si_code, and the address that it is about (0 when it is about none).</summary>
public sealed record MinidumpCrash(uint Thread, int Signal, int Code, ulong Address);
