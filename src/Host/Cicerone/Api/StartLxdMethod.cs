using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;
using Answer = VmTools.Protocol.Messages.Tremplin.StartLxdResponse.Types.Status;
using Status = VmTools.Protocol.Messages.Cicerone.StartLxdResponse.Types.Status;

namespace VmTools.Host.Cicerone.Api;

/// <summary>StartLxd: whether the container host of a VM is up. An expected failure is the answer's status and its reason.</summary>
internal sealed class StartLxdMethod(VmLookup vms, TremplinConnector tremplins) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
        [OwnedObject.Method("StartLxd", StartLxdRequest.Parser, BusErrors.Failed, StartAsync)];

    public IEnumerable<ServedMethod> OwnMethods => [];

    private async Task<StartLxdResponse> StartAsync(StartLxdRequest request, CancellationToken cancel)
    {
        if (vms.Find(request.OwnerId, request.VmName) is not { } vm)
        {
            return new StartLxdResponse { Status = Status.Failed, FailureReason = Refusals.UnknownVm(request.VmName) };
        }

        if (!vm.Type.HasContainers())
        {
            return new StartLxdResponse { Status = Status.AlreadyRunning };
        }

        try
        {
            using var tremplin = tremplins.Connect(vm.Cid);
            var answer = await tremplin.StartLxdAsync(request.ResetLxdDb, cancel);
            return new StartLxdResponse
            {
                Status = answer.Status switch
                {
                    Answer.Starting => Status.Starting,
                    Answer.AlreadyRunning => Status.AlreadyRunning,
                    _ => Status.Failed,
                },
                FailureReason = CleanText.Reason(answer.FailureReason),
            };
        }
        catch (VmToolsException refused)
        {
            return new StartLxdResponse { Status = Status.Failed, FailureReason = refused.Message };
        }
    }
}
