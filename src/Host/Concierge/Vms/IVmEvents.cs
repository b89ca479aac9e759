using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms;

/// <summary>Where a VM's owner tells the world what happened. Calls return at once and are delivered in their order.</summary>
internal interface IVmEvents
{
    void StartingUp(VmSnapshot vm);

    void Started(VmSnapshot vm);

    void Stopping(VmSnapshot vm);

    void Stopped(VmSnapshot vm, VmStopReason reason);

    /// <summary>A running VM is kept from running, or runs again.</summary>
    void ConditionChanged(VmSnapshot vm);

    /// <summary>The step a VM that is going down is in, as a sentence for a person who waits.</summary>
    void StopStep(VmId vm, string sentence);

    /// <summary>The step a starting VM is in, as a sentence for a person who waits.</summary>
    void StartStep(VmId vm, string sentence);

    void InstallState(VmId vm, VmInstallReport report);
}
