using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Garcon;
using VmTools.Host.Cicerone.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;
using Answer = VmTools.Protocol.Messages.Container.GetGarconSessionInfoResponse.Types.Status;
using Status = VmTools.Protocol.Messages.Cicerone.GetGarconSessionInfoResponse.Types.Status;
using WireFeature = VmTools.Protocol.Messages.Container.ContainerFeature;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// GetGarconSessionInfo and LaunchVshd: what the agent of a container that has registered is asked. An expected failure is the answer's
/// status and its reason.
/// </summary>
internal sealed class GarconMethods(VmLookup vms, ContainerTable containers, GarconConnector garcons) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("GetGarconSessionInfo", GetGarconSessionInfoRequest.Parser, BusErrors.Failed, GetSessionInfoAsync),
        OwnedObject.Method("LaunchVshd", LaunchVshdRequest.Parser, BusErrors.Failed, LaunchVshdAsync),
    ];

    public IEnumerable<ServedMethod> OwnMethods => [];

    private async Task<GetGarconSessionInfoResponse> GetSessionInfoAsync(GetGarconSessionInfoRequest request, CancellationToken cancel)
    {
        if (Find(request.OwnerId, request.VmName, request.ContainerName, out var why) is not { } found)
        {
            return new GetGarconSessionInfoResponse { Status = Status.NotFound, FailureReason = why };
        }

        try
        {
            using var garcon = garcons.Connect(found.Vm.Cid, found.Name);
            var answer = await garcon.GetSessionInfoAsync(cancel);
            return answer.Status == Answer.Succeeded
                ? new GetGarconSessionInfoResponse
                {
                    Status = Status.Succeeded,
                    ContainerUsername = CleanText.Word(answer.ContainerUsername),
                    ContainerHomedir = CleanText.Word(answer.ContainerHomedir),
                    SftpVsockPort = answer.SftpVsockPort,
                }
                : Failed(CleanText.Reason(answer.FailureReason));
        }
        catch (VmToolsException refused)
        {
            return Failed(refused.Message);
        }

        static GetGarconSessionInfoResponse Failed(string why) => new() { Status = Status.Failed, FailureReason = why };
    }

    /// <summary>Success is what garcon says it is; the original tells of success in any case.</summary>
    private async Task<LaunchVshdResponse> LaunchVshdAsync(LaunchVshdRequest request, CancellationToken cancel)
    {
        if (request.Port == 0)
        {
            return Failed("The request names no port to call back to (port).");
        }

        if (Find(request.OwnerId, request.VmName, request.ContainerName, out var why) is not { } found)
        {
            return Failed(why);
        }

        try
        {
            using var garcon = garcons.Connect(found.Vm.Cid, found.Name);
            var wanted = new Protocol.Messages.Container.LaunchVshdRequest { Port = request.Port };
            wanted.ContainerFeatures.AddRange(request.ContainerFeatures.Select(feature => (WireFeature)(int)feature));
            var answer = await garcon.LaunchVshdAsync(wanted, cancel);
            return new LaunchVshdResponse
            {
                Success = answer.Success,
                FailureReason = CleanText.Reason(answer.FailureReason),
                Cid = found.Vm.Cid.Value,
            };
        }
        catch (VmToolsException refused)
        {
            return Failed(refused.Message);
        }

        static LaunchVshdResponse Failed(string why) => new() { FailureReason = why };
    }

    private (KnownVm Vm, ContainerName Name)? Find(string owner, string vm, string container, out string why)
    {
        why = "";
        if (vms.Find(owner, vm) is not { } known)
        {
            why = Refusals.UnknownVm(vm);
        }
        else if (!ContainerName.TryParseOrDefault(container, out var name))
        {
            why = Refusals.BadName(container);
        }
        else if (containers.Find(known.Id, name) is not { IsRegistered: true })
        {
            why = Refusals.NoAgent(name);
        }
        else
        {
            return (known, name);
        }

        return null;
    }
}
