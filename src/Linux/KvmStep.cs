namespace VmTools.Linux;

/// <summary>The steps of finding out whether KVM works.</summary>
public enum KvmStep
{
    Open,
    Version,
    CreateVm,
}
