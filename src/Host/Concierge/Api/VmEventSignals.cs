using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Concierge.Api;

/// <summary>Tells the bus what happens to VMs. The connection keeps signals and answers in their order.</summary>
internal sealed class VmEventSignals(BusConnection bus) : IVmEvents
{
    public void StartingUp(VmSnapshot vm)
    {
        Send("VmStartingUpSignal", new VmStartingUpSignal
        {
            Name = vm.Id.Name.Value,
            OwnerId = vm.Id.Owner.Value,
            VmType = Replies.TypeOf(vm.Type),
            Cid = Replies.CidOf(vm),
        });
        ConditionChanged(vm);
    }

    public void Started(VmSnapshot vm)
    {
        Send("VmStartedSignal", new VmStartedSignal
        {
            Name = vm.Id.Name.Value,
            OwnerId = vm.Id.Owner.Value,
            VmInfo = Replies.InfoOf(vm),
            Status = Replies.StatusOf(vm.State),
        });
        ConditionChanged(vm);
    }

    public void Stopping(VmSnapshot vm)
    {
        Send("VmStoppingSignal", new VmStoppingSignal
        {
            Name = vm.Id.Name.Value,
            OwnerId = vm.Id.Owner.Value,
            Cid = Replies.CidOf(vm),
        });
        ConditionChanged(vm);
    }

    public void ConditionChanged(VmSnapshot vm)
    {
        var state = Replies.StateOf(vm);
        bus.EmitSignal(
            ConciergeBus.Path, ConciergeBus.OwnInterface, ConciergeBus.StateChangedSignal,
            new BusBody().Add(vm.Id.Owner.Value).Add(vm.Id.Name.Value).Add(state.State).Add(state.Reason ?? ""));
    }

    public void StopStep(VmId vm, string sentence) => Send(ConciergeBus.StopStepSignal, vm, sentence);

    public void Stopped(VmSnapshot vm, Vms.VmStopReason reason)
    {
        ConditionChanged(vm);
        Send(ConciergeBus.EndedSignal, vm.Id, vm.Ending?.Sentence ?? vm.Problem ?? VmEnding.SentenceFor(reason));
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

    private void Send(string member, VmId vm, string sentence) => bus.EmitSignal(
        ConciergeBus.Path, ConciergeBus.OwnInterface, member, new BusBody().Add(vm.Owner.Value).Add(vm.Name.Value).Add(sentence));

    private void Send(string member, IMessage message) =>
        bus.EmitSignal(ConciergeBus.Path, ConciergeBus.Interface, member, BusBody.Of(message.ToByteArray()));
}
