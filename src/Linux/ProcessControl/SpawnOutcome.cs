namespace VmTools.Linux.ProcessControl;

/// <summary>What came of a spawn: the step that failed with its reason, or the pid.</summary>
internal readonly record struct SpawnOutcome(string Step, Errno Error, int Pid);
