using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Vms;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Concierge.Border;

/// <summary>Tells the bus what happens to VMs. The connection keeps signals and answers in their order.</summary>
internal sealed class VmNewsSignals(BusConnection bus) : IVmNews
{
    public void StartingUp(VmSnapshot vm) => Send("VmStartingUpSignal", new VmStartingUpSignal
    {
        Name = vm.Id.Name.Value,
        OwnerId = vm.Id.Owner.Value,
        VmType = Replies.TypeOf(vm.Type),
        Cid = Replies.CidOf(vm),
    });

    public void Started(VmSnapshot vm) => Send("VmStartedSignal", new VmStartedSignal
    {
        Name = vm.Id.Name.Value,
        OwnerId = vm.Id.Owner.Value,
        VmInfo = Replies.InfoOf(vm),
        Status = Replies.StatusOf(vm.State),
    });

    public void Stopping(VmSnapshot vm) => Send("VmStoppingSignal", new VmStoppingSignal
    {
        Name = vm.Id.Name.Value,
        OwnerId = vm.Id.Owner.Value,
        Cid = Replies.CidOf(vm),
    });

    public void Stopped(VmSnapshot vm, Vms.VmStopReason reason)
    {
        Send(ConciergeBus.EndedSignal, vm.Id, vm.Problem ?? SentenceFor(reason));
        Send("VmStoppedSignal", new VmStoppedSignal
        {
            Name = vm.Id.Name.Value,
            OwnerId = vm.Id.Owner.Value,
            Cid = Replies.CidOf(vm),
            Reason = (Protocol.Messages.Concierge.VmStopReason)(int)reason,
        });
    }

    public void StartStep(VmId vm, string sentence) => Send(ConciergeBus.StartStepSignal, vm, sentence);

    public void InstallState(VmId vm, VmInstallReport report) => Send("VmInstallStateSignal", new VmInstallStateSignal
    {
        State = (VmInstallStateSignal.Types.State)report.State,
        InProgressStep = (VmInstallStateSignal.Types.Step)report.Step,
        InProgressPercent = report.Percent,
        FailedReason = report.FailedReason,
    });

    private static string SentenceFor(Vms.VmStopReason reason) => reason switch
    {
        Vms.VmStopReason.VmExited => "It ended by itself.",
        Vms.VmStopReason.StopVmRequested => "It was asked to stop.",
        Vms.VmStopReason.StopAllVmsRequested => "All VMs were asked to stop.",
        Vms.VmStopReason.DestroyDiskImageRequested => "Its disk was destroyed.",
        Vms.VmStopReason.ServiceShutdown => "vm_concierge ended.",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "A VM does not end for such a reason."),
    };

    private void Send(string member, VmId vm, string sentence) => bus.EmitSignal(
        ConciergeBus.Path, ConciergeBus.OwnInterface, member, new BusBody().Add(vm.Owner.Value).Add(vm.Name.Value).Add(sentence));

    private void Send(string member, IMessage message) =>
        bus.EmitSignal(ConciergeBus.Path, ConciergeBus.Interface, member, BusBody.Of(message.ToByteArray()));
}
