using VmTools.Host.Bus;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Concierge.Vms.Health;
using VmTools.Host.Vms;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Protocol.Wire;

namespace VmTools.Host.Concierge.Api;

/// <summary>What is told of a VM, in the messages of concierge_service.proto and in our own reports.</summary>
internal static class VmMessages
{
    public static VmInfo InfoOf(VmSnapshot vm) => new()
    {
        Ipv4Address = vm.Address is { } address ? Ipv4Number.Of(address) : 0,
        Pid = vm.VmmPid ?? 0,
        Cid = CidOf(vm),
        VmType = TypeOf(vm.Type),
        Status = StatusOf(vm.State),
        AllocatedMemory = vm.MemoryMiB << 20,
    };

    /// <summary>
    /// The answer of StartVm for a VM that runs; what the guest said of its disk goes with a start of its container host.
    /// </summary>
    public static StartVmResponse StartedAs(VmSnapshot vm)
    {
        var response = new StartVmResponse { Success = true, Status = StatusOf(vm.State), VmInfo = InfoOf(vm) };
        if (vm.Termina is { } termina)
        {
            response.MountResult = termina.HasLostData
                ? StartVmResponse.Types.MountResult.PartialDataLoss
                : StartVmResponse.Types.MountResult.Success;
            response.FreeBytes = termina.FreeBytes ?? 0;
            response.FreeBytesHasValue = termina.FreeBytes is not null;
        }

        return response;
    }

    /// <summary>A VM without one has not been announced and is in no message of the original's.</summary>
    public static long CidOf(VmSnapshot vm) =>
        vm.Cid?.Value ?? throw new InvalidOperationException($"VM '{vm.Id}' is told of before it has a CID.");

    public static VmInfo.Types.VmType TypeOf(VmType type) => (VmInfo.Types.VmType)(int)type;

    /// <summary>The wire has no status for a VM that is going down: it counts as running until it is gone.</summary>
    public static VmStatus StatusOf(VmState state) => state switch
    {
        VmState.Claimed or VmState.Starting => VmStatus.Starting,
        VmState.Running or VmState.Stopping or VmState.Detached => VmStatus.Running,
        VmState.Releasing or VmState.Stopped => VmStatus.Stopped,
        _ => throw new InvalidOperationException($"The state {state} has no status on the wire."),
    };

    /// <summary>The VM in a report of our own interface, which names states that the original's has no name for.</summary>
    public static VmStateReport StateOf(VmSnapshot vm)
    {
        var (state, reason) = vm switch
        {
            { State: VmState.Claimed or VmState.Starting } => ("starting", null),
            { State: VmState.Running, Condition: { Kind: VmConditionKind.Paused } pause } => ("paused", pause.Reason),
            { State: VmState.Running, Condition: { Kind: VmConditionKind.NotAnswering } silence } => ("not answering", silence.Reason),
            { State: VmState.Running or VmState.Detached } => ("running", null),
            { State: VmState.Stopping or VmState.Releasing } => ("stopping", null),
            { State: VmState.Stopped } => ("stopped", ShortReasonOf(vm.Ending)),
            _ => throw new InvalidOperationException($"The state {vm.State} has no name."),
        };
        return new VmStateReport(vm.Id.Name.Value, state)
        {
            Reason = reason,
            Cid = vm.Cid?.Value,
            Pid = vm.VmmPid,
            MemoryMib = vm.MemoryMiB,
            HostMemoryMib = vm.HostMemoryMiB,
        };
    }

    /// <summary>The same for a VM that has ended.</summary>
    public static VmStateReport StateOf(VmName name, VmEnding ending) => new(name.Value, "stopped")
    {
        Reason = ShortReasonOf(ending),
        Ended = new VmEndingReport(ending.Time, ending.Sentence, ending.IsForced),
    };

    /// <summary>The reason as a table shows it; the whole sentence goes with the ending.</summary>
    private static string? ShortReasonOf(VmEnding? ending) => ending switch
    {
        null or { IsAsUsual: true } => null,
        { IsForced: true } => "by force",
        _ => ending.Sentence,
    };

    public static ExtendedVmInfo ListEntryOf(VmSnapshot vm) => new()
    {
        Name = vm.Id.Name.Value,
        OwnerId = vm.Id.Owner.Value,
        VmInfo = InfoOf(vm),
        Status = StatusOf(vm.State),
    };

}
