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
    /// <summary>The signals of the original's interface: a message each.</summary>
    public static readonly IReadOnlyList<ServedSignal> Signals =
    [
        new("VmStartingUpSignal", "ay"),
        new("VmStartedSignal", "ay"),
        new("VmStoppingSignal", "ay"),
        new("VmStoppedSignal", "ay"),
        new("VmInstallStateSignal", "ay"),
    ];

    /// <summary>The signals of vmtools' own interface.</summary>
    public static readonly IReadOnlyList<ServedSignal> OwnSignals =
    [
        Sentence(ConciergeBus.StartStepSignal),
        Sentence(ConciergeBus.StopStepSignal),
        Sentence(ConciergeBus.EndedSignal),
        new(ConciergeBus.StateChangedSignal, "ssss") { Names = ["owner_id", "name", "state", "reason"] },
    ];

    public void StartingUp(VmSnapshot vm)
    {
        Send("VmStartingUpSignal", new VmStartingUpSignal
        {
            Name = vm.Id.Name.Value,
            OwnerId = vm.Id.Owner.Value,
            VmType = VmMessages.TypeOf(vm.Type),
            Cid = VmMessages.CidOf(vm),
        });
        ConditionChanged(vm);
    }

    public void Started(VmSnapshot vm)
    {
        Send("VmStartedSignal", new VmStartedSignal
        {
            Name = vm.Id.Name.Value,
            OwnerId = vm.Id.Owner.Value,
            VmInfo = VmMessages.InfoOf(vm),
            Status = VmMessages.StatusOf(vm.State),
        });
        ConditionChanged(vm);
    }

    public void Stopping(VmSnapshot vm)
    {
        Send("VmStoppingSignal", new VmStoppingSignal
        {
            Name = vm.Id.Name.Value,
            OwnerId = vm.Id.Owner.Value,
            Cid = VmMessages.CidOf(vm),
        });
        ConditionChanged(vm);
    }

    public void ConditionChanged(VmSnapshot vm)
    {
        var state = VmMessages.StateOf(vm);
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
            Cid = VmMessages.CidOf(vm),
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

    private static ServedSignal Sentence(string member) => new(member, "sss") { Names = ["owner_id", "name", "sentence"] };

    private void Send(string member, VmId vm, string sentence) => bus.EmitSignal(
        ConciergeBus.Path, ConciergeBus.OwnInterface, member, new BusBody().Add(vm.Owner.Value).Add(vm.Name.Value).Add(sentence));

    private void Send(string member, IMessage message) =>
        bus.EmitSignal(ConciergeBus.Path, ConciergeBus.Interface, member, BusBody.Of(message.ToByteArray()));
}
