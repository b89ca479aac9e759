using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms;

/// <summary>Tells several listeners of the same news, in this order.</summary>
internal sealed class VmEventFanout(IReadOnlyList<IVmEvents> listeners) : IVmEvents
{
    public void StartingUp(VmSnapshot vm) => Tell(news => news.StartingUp(vm));

    public void Started(VmSnapshot vm) => Tell(news => news.Started(vm));

    public void Stopping(VmSnapshot vm) => Tell(news => news.Stopping(vm));

    public void Stopped(VmSnapshot vm, VmStopReason reason) => Tell(news => news.Stopped(vm, reason));

    public void ConditionChanged(VmSnapshot vm) => Tell(news => news.ConditionChanged(vm));

    public void StopStep(VmId vm, string sentence) => Tell(news => news.StopStep(vm, sentence));

    public void StartStep(VmId vm, string sentence) => Tell(news => news.StartStep(vm, sentence));

    public void InstallState(VmId vm, VmInstallReport report) => Tell(news => news.InstallState(vm, report));

    private void Tell(Action<IVmEvents> what)
    {
        foreach (var listener in listeners)
        {
            what(listener);
        }
    }
}
