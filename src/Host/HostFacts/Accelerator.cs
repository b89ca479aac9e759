namespace VmTools.Host.HostFacts;

/// <summary>What runs the guest's instructions: the processor itself, or QEMU's translator.</summary>
internal enum Accelerator
{
    Tcg,
    Kvm,
}
