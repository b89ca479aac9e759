namespace VmTools.Crash.Minidumps;

/// <summary>The machine. A number for an architecture that is not known here stays as it is.</summary>
public sealed record MinidumpSystem(ProcessorArchitecture Architecture, bool IsLinux, int Processors, string KernelVersion);
