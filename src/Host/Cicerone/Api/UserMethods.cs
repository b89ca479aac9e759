using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;
using NameAnswer = VmTools.Protocol.Messages.Tremplin.GetContainerUsernameResponse.Types.Status;
using NameStatus = VmTools.Protocol.Messages.Cicerone.GetLxdContainerUsernameResponse.Types.Status;
using SetUpAnswer = VmTools.Protocol.Messages.Tremplin.SetUpUserResponse.Types.Status;
using SetUpStatus = VmTools.Protocol.Messages.Cicerone.SetUpLxdContainerUserResponse.Types.Status;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// GetLxdContainerUsername and SetUpLxdContainerUser: the first user of a container. An expected failure is the answer's status and its
/// reason.
/// </summary>
internal sealed class UserMethods(VmLookup vms, TremplinConnector tremplins) : IMethodGroup
{
    /// <summary>The user of a VM of the type BAGUETTE, whatever is asked for.</summary>
    private const string VmUser = "chronos";

    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("GetLxdContainerUsername", GetLxdContainerUsernameRequest.Parser, BusErrors.Failed, GetNameAsync),
        OwnedObject.Method("SetUpLxdContainerUser", SetUpLxdContainerUserRequest.Parser, BusErrors.Failed, SetUpAsync),
    ];

    public IEnumerable<ServedMethod> OwnMethods => [];

    private async Task<GetLxdContainerUsernameResponse> GetNameAsync(GetLxdContainerUsernameRequest request, CancellationToken cancel)
    {
        if (vms.Find(request.OwnerId, request.VmName) is not { } vm)
        {
            return Failed(Refusals.UnknownVm(request.VmName));
        }

        if (!vm.Type.HasContainers())
        {
            return Failed(Refusals.NoContainers(request.VmName));
        }

        if (!ContainerName.TryParseOrDefault(request.ContainerName, out var name))
        {
            return Failed(Refusals.BadName(request.ContainerName));
        }

        try
        {
            using var tremplin = tremplins.Connect(vm.Cid);
            var answer = await tremplin.GetUsernameAsync(name, cancel);
            return new GetLxdContainerUsernameResponse
            {
                Status = answer.Status switch
                {
                    NameAnswer.Success => NameStatus.Success,
                    NameAnswer.ContainerNotFound => NameStatus.ContainerNotFound,
                    NameAnswer.ContainerNotRunning => NameStatus.ContainerNotRunning,
                    NameAnswer.UserNotFound => NameStatus.UserNotFound,
                    NameAnswer.Unknown => NameStatus.Unknown,
                    _ => NameStatus.Failed,
                },
                Username = CleanText.Word(answer.Username),
                Homedir = CleanText.Word(answer.Homedir),
                FailureReason = CleanText.Reason(answer.FailureReason),
            };
        }
        catch (VmToolsException refused)
        {
            return Failed(refused.Message);
        }

        static GetLxdContainerUsernameResponse Failed(string why) => new() { Status = NameStatus.Failed, FailureReason = why };
    }

    private async Task<SetUpLxdContainerUserResponse> SetUpAsync(SetUpLxdContainerUserRequest request, CancellationToken cancel)
    {
        if (vms.Find(request.OwnerId, request.VmName) is not { } vm)
        {
            return Failed(Refusals.UnknownVm(request.VmName));
        }

        if (vm.Type == VmType.Baguette)
        {
            return new SetUpLxdContainerUserResponse { Status = SetUpStatus.Success, ContainerUsername = VmUser };
        }

        if (!vm.Type.HasContainers())
        {
            return Failed(Refusals.NoContainers(request.VmName));
        }

        if (!ContainerName.TryParseOrDefault(request.ContainerName, out var name))
        {
            return Failed(Refusals.BadName(request.ContainerName));
        }

        try
        {
            using var tremplin = tremplins.Connect(vm.Cid);
            var answer = await tremplin.SetUpUserAsync(name, request.ContainerUsername, cancel);
            return new SetUpLxdContainerUserResponse
            {
                Status = answer.Status switch
                {
                    SetUpAnswer.Success => SetUpStatus.Success,
                    SetUpAnswer.Exists => SetUpStatus.Exists,
                    _ => SetUpStatus.Failed,
                },
                ContainerUsername = CleanText.Word(answer.Username),
                FailureReason = CleanText.Reason(answer.FailureReason),
            };
        }
        catch (VmToolsException refused)
        {
            return Failed(refused.Message);
        }

        static SetUpLxdContainerUserResponse Failed(string why) => new() { Status = SetUpStatus.Failed, FailureReason = why };
    }
}
