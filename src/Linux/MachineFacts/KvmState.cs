namespace VmTools.Linux.MachineFacts;

/// <summary>How far a probe of KVM came: the last step that was tried, and what it said.</summary>
public readonly record struct KvmState(KvmStep Step, Errno Errno)
{
    public bool IsUsable => this is { Step: KvmStep.CreateVm, Errno: Errno.None };
}
