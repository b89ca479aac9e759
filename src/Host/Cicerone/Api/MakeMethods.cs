using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Messages.Tremplin;
using CreateAnswer = VmTools.Protocol.Messages.Tremplin.CreateContainerResponse.Types.Status;
using CreateStatus = VmTools.Protocol.Messages.Cicerone.CreateLxdContainerResponse.Types.Status;
using DeleteAnswer = VmTools.Protocol.Messages.Tremplin.DeleteContainerResponse.Types.Status;
using DeleteStatus = VmTools.Protocol.Messages.Cicerone.DeleteLxdContainerResponse.Types.Status;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// CreateLxdContainer and DeleteLxdContainer. They answer when the work has begun; signals tell what became of it. An expected failure is
/// the answer's status and its reason.
/// </summary>
internal sealed class MakeMethods(VmLookup vms, TremplinConnector tremplins) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("CreateLxdContainer", CreateLxdContainerRequest.Parser, BusErrors.Failed, CreateAsync),
        OwnedObject.Method("DeleteLxdContainer", DeleteLxdContainerRequest.Parser, BusErrors.Failed, DeleteAsync),
    ];

    public IEnumerable<ServedMethod> OwnMethods => [];

    private async Task<CreateLxdContainerResponse> CreateAsync(CreateLxdContainerRequest request, CancellationToken cancel)
    {
        if (vms.Find(request.OwnerId, request.VmName) is not { } vm)
        {
            return new CreateLxdContainerResponse { FailureReason = Refusals.UnknownVm(request.VmName) };
        }

        if (!vm.Type.HasContainers())
        {
            return new CreateLxdContainerResponse { Status = CreateStatus.Exists };
        }

        if (!ContainerName.TryParseOrDefault(request.ContainerName, out var name))
        {
            return Failed(Refusals.BadName(request.ContainerName));
        }

        try
        {
            using var tremplin = tremplins.Connect(vm.Cid);
            var answer = await tremplin.CreateAsync(
                new CreateContainerRequest
                {
                    ContainerName = name.Value,
                    ImageServer = request.ImageServer,
                    ImageAlias = request.ImageAlias,
                    RootfsPath = request.RootfsPath,
                    MetadataPath = request.MetadataPath,
                },
                cancel);
            return new CreateLxdContainerResponse
            {
                Status = answer.Status switch
                {
                    CreateAnswer.Creating => CreateStatus.Creating,
                    CreateAnswer.Exists => CreateStatus.Exists,
                    _ => CreateStatus.Failed,
                },
                FailureReason = CleanText.Reason(answer.FailureReason),
            };
        }
        catch (VmToolsException refused)
        {
            return Failed(refused.Message);
        }

        static CreateLxdContainerResponse Failed(string why) => new() { Status = CreateStatus.Failed, FailureReason = why };
    }

    private async Task<DeleteLxdContainerResponse> DeleteAsync(DeleteLxdContainerRequest request, CancellationToken cancel)
    {
        if (vms.Find(request.OwnerId, request.VmName) is not { } vm)
        {
            return Failed(Refusals.UnknownVm(request.VmName));
        }

        if (!vm.Type.HasContainers())
        {
            return Failed(Refusals.NoContainers(request.VmName));
        }

        if (!ContainerName.TryParse(request.ContainerName, out var name))
        {
            return Failed(Refusals.BadName(request.ContainerName));
        }

        try
        {
            using var tremplin = tremplins.Connect(vm.Cid);
            var answer = await tremplin.DeleteAsync(name, cancel);
            return new DeleteLxdContainerResponse
            {
                Status = answer.Status switch
                {
                    DeleteAnswer.Deleting => DeleteStatus.Deleting,
                    DeleteAnswer.DoesNotExist => DeleteStatus.DoesNotExist,
                    _ => DeleteStatus.Failed,
                },
                FailureReason = CleanText.Reason(answer.FailureReason),
            };
        }
        catch (VmToolsException refused)
        {
            return Failed(refused.Message);
        }

        static DeleteLxdContainerResponse Failed(string why) => new() { Status = DeleteStatus.Failed, FailureReason = why };
    }
}
