namespace VmTools.Linux.MachineFacts;

/// <summary>The steps of finding out whether KVM works.</summary>
public enum KvmStep
{
    Open,
    Version,
    CreateVm,
}
