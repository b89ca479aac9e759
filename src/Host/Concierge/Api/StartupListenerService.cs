using Grpc.Core;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.GuestText;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;

namespace VmTools.Host.Concierge.Api;

/// <summary>What guests may tell the host (vm_host.proto): they are ready, and how their installation goes.</summary>
internal sealed class StartupListenerService(PendingGuests pending, VmRegistry registry, IVmEvents events)
    : StartupListener.StartupListenerBase
{
    public override Task<EmptyMessage> VmReady(EmptyMessage request, ServerCallContext context)
    {
        var cid = context.PeerCid();
        return pending.TryReady(cid)
            ? Task.FromResult(new EmptyMessage())
            : throw Unknown(cid);
    }

    public override Task<EmptyMessage> VmInstallStatus(VmInstallState request, ServerCallContext context)
    {
        var cid = context.PeerCid();
        var vm = registry.All.FirstOrDefault(vm => vm.Snapshot.Cid == cid) ?? throw Unknown(cid);
        events.InstallState(vm.Id, new VmInstallReport(
            (int)request.State,
            (int)request.InProgressStep,
            Math.Clamp(request.InProgressPercent, 0, 100),
            LogTail.Clean(request.FailedReason)));
        return Task.FromResult(new EmptyMessage());
    }

    private static RpcException Unknown(Cid cid) =>
        new(new Status(StatusCode.FailedPrecondition, $"No VM with CID {cid.Value} is expected to say this."));
}
