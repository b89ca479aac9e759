using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms;

/// <summary>Listens to what happens to VMs. Calls return at once, and their listeners outside are told in their order.</summary>
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

/// <summary>What the guest's installer reports about itself; the numbers are the wire's.</summary>
internal sealed record VmInstallReport(int State, int Step, long Percent, string FailedReason);
