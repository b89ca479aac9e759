namespace VmTools.Host.Vms;

/// <summary>A process named so that a later process with the same pid is not taken for it.</summary>
internal sealed record ProcessRecord(int Pid, long StartTime);
