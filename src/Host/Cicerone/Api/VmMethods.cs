using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Cicerone.Api;

/// <summary>The methods by which vm_concierge tells of its VMs.</summary>
internal sealed class VmMethods(NotifyVms notify) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        Method("NotifyVmStarted", NotifyVmStartedRequest.Parser, request => notify.Started(
            new KnownVm(VmId.Parse(request.OwnerId, request.VmName), new Cid(request.Cid))
            {
                Type = VmTypes.OfAppsNumber((int)request.VmType) ?? VmType.Unknown,
            })),
        Method("NotifyVmStopping", NotifyVmStoppingRequest.Parser, request =>
            notify.Stopping(VmId.Parse(request.OwnerId, request.VmName))),
        Method("NotifyVmStopped", NotifyVmStoppedRequest.Parser, request =>
            notify.Stopped(VmId.Parse(request.OwnerId, request.VmName))),
    ];

    public IEnumerable<ServedMethod> OwnMethods => [];

    /// <summary>The answer is the empty message, whether the VM was known or not, as in the original.</summary>
    private static ServedMethod Method<TRequest>(string member, MessageParser<TRequest> parser, Action<TRequest> run)
        where TRequest : IMessage<TRequest> =>
        OwnedObject.Method(member, parser, BusErrors.InvalidArgs, (request, _) =>
        {
            run(request);
            return Task.FromResult(new EmptyMessage());
        });
}
