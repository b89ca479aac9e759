using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms;

/// <summary>Passes the events of VMs on to several listeners, in the order of the list.</summary>
internal sealed class VmEventFanout(IReadOnlyList<IVmEvents> listeners) : IVmEvents
{
    public void StartingUp(VmSnapshot vm) => Tell(events => events.StartingUp(vm));

    public void Started(VmSnapshot vm) => Tell(events => events.Started(vm));

    public void Stopping(VmSnapshot vm) => Tell(events => events.Stopping(vm));

    public void Stopped(VmSnapshot vm, VmStopReason reason) => Tell(events => events.Stopped(vm, reason));

    public void ConditionChanged(VmSnapshot vm) => Tell(events => events.ConditionChanged(vm));

    public void StopStep(VmId vm, string sentence) => Tell(events => events.StopStep(vm, sentence));

    public void StartStep(VmId vm, string sentence) => Tell(events => events.StartStep(vm, sentence));

    public void InstallState(VmId vm, VmInstallReport report) => Tell(events => events.InstallState(vm, report));

    private void Tell(Action<IVmEvents> what)
    {
        foreach (var listener in listeners)
        {
            what(listener);
        }
    }
}
