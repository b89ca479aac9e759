using Grpc.Core;
using Microsoft.Extensions.Logging;
using VmTools.Guest.Tremplin.Archive;
using VmTools.Guest.Tremplin.Containers;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Tremplin;
using VmTools.Protocol.Vsock;
using VmTools.Protocol.Wire;

namespace VmTools.Guest.Tremplin.Api;

/// <summary>
/// The gRPC service of tremplin (tremplin.proto): turns messages into our own types and back. Calls that are not here are answered
/// UNIMPLEMENTED by the generated base.
/// </summary>
internal sealed partial class TremplinService(ContainerTable containers, VmActions vm, FileExports exports)
    : Protocol.Messages.Tremplin.Tremplin.TremplinBase
{
    /// <summary>
    /// How this service and our own beside it are served on a port. Only the host may call: a program in the VM, root's too, has no
    /// business with containers.
    /// </summary>
    public GrpcServerOptions OptionsFor(ContainersService beside, IVsockListener listener, TimeProvider clock, ILogger log) => new()
    {
        Listener = listener,
        Services =
        [
            binder => Protocol.Messages.Tremplin.Tremplin.BindService(binder, this),
            binder => Protocol.Messages.Containers.Containers.BindService(binder, beside),
        ],
        AcceptPeer = peer => peer == Cid.Host,
        Logger = log,
        Clock = clock,
        // The host alone calls; it may have a file from a slow place, or for one.
        Limits = new GrpcLimits { MayBeSlow = true },
    };

    /// <summary>The bridge and the name server are up before this port is served.</summary>
    public override Task<StartLxdResponse> StartLxd(StartLxdRequest request, ServerCallContext context) =>
        Task.FromResult(new StartLxdResponse { Status = StartLxdResponse.Types.Status.AlreadyRunning });

    public override Task<CreateContainerResponse> CreateContainer(CreateContainerRequest request, ServerCallContext context)
    {
        var outcome = RefusedSource(request) is { } reason
            ? RequestOutcome.Refused(reason)
            : Asked(request.ContainerName, name => containers.Create(name, SourceOf(request)));
        if (outcome.Result != RequestResult.Begun)
        {
            vm.Drop(request.RootfsPath);
        }

        return Task.FromResult(new CreateContainerResponse
        {
            Status = outcome.Result switch
            {
                RequestResult.Begun or RequestResult.UnderWay => CreateContainerResponse.Types.Status.Creating,
                RequestResult.AlreadyDone => CreateContainerResponse.Types.Status.Exists,
                _ => CreateContainerResponse.Types.Status.Failed,
            },
            FailureReason = outcome.Reason,
        });
    }

    public override Task<DeleteContainerResponse> DeleteContainer(DeleteContainerRequest request, ServerCallContext context)
    {
        var outcome = Asked(request.ContainerName, containers.Delete);
        return Task.FromResult(new DeleteContainerResponse
        {
            Status = outcome.Result switch
            {
                RequestResult.Begun or RequestResult.UnderWay => DeleteContainerResponse.Types.Status.Deleting,
                RequestResult.NoSuchContainer => DeleteContainerResponse.Types.Status.DoesNotExist,
                _ => DeleteContainerResponse.Types.Status.Failed,
            },
            FailureReason = outcome.Reason,
        });
    }

    public override Task<StartContainerResponse> StartContainer(StartContainerRequest request, ServerCallContext context)
    {
        var outcome = request.PrivilegeLevel == StartContainerRequest.Types.PrivilegeLevel.Privileged
            ? RequestOutcome.Refused("privileged containers are not offered; root in a container is an ordinary user of the VM")
            : Asked(request.ContainerName, name => containers.Start(name, request.Token));
        return Task.FromResult(new StartContainerResponse
        {
            Status = outcome.Result switch
            {
                RequestResult.Begun or RequestResult.UnderWay => StartContainerResponse.Types.Status.Starting,
                RequestResult.AlreadyDone => StartContainerResponse.Types.Status.Running,
                _ => StartContainerResponse.Types.Status.Failed,
            },
            FailureReason = outcome.Result == RequestResult.NoSuchContainer ? NoSuch(request.ContainerName) : outcome.Reason,
            OsRelease = Find(request.ContainerName)?.Look().Record.Release is { } release ? MessageOf(release) : null,
        });
    }

    public override Task<StopContainerResponse> StopContainer(StopContainerRequest request, ServerCallContext context)
    {
        var outcome = Asked(request.ContainerName, containers.Stop);
        return Task.FromResult(new StopContainerResponse
        {
            Status = outcome.Result switch
            {
                RequestResult.Begun or RequestResult.UnderWay => StopContainerResponse.Types.Status.Stopping,
                RequestResult.AlreadyDone => StopContainerResponse.Types.Status.Stopped,
                RequestResult.NoSuchContainer => StopContainerResponse.Types.Status.DoesNotExist,
                _ => StopContainerResponse.Types.Status.Failed,
            },
            FailureReason = outcome.Reason,
        });
    }

    public override Task<ExportContainerResponse> ExportContainer(ExportContainerRequest request, ServerCallContext context)
    {
        var outcome = Find(request.ContainerName) is { } container
            ? exports.Begin(container, request.ExportPath)
            : RequestOutcome.Refused(NoSuch(request.ContainerName));
        return Task.FromResult(new ExportContainerResponse
        {
            Status = outcome.Result == RequestResult.Begun
                ? ExportContainerResponse.Types.Status.Exporting
                : ExportContainerResponse.Types.Status.Failed,
            FailureReason = outcome.Reason,
        });
    }

    public override Task<CancelExportContainerResponse> CancelExportContainer(
        CancelExportContainerRequest request, ServerCallContext context) => Task.FromResult(new CancelExportContainerResponse
        {
            Status = ContainerName.TryParse(request.InProgressContainerName, out var name) && exports.TryCancel(name)
                ? CancelExportContainerResponse.Types.Status.CancelQueued
                : CancelExportContainerResponse.Types.Status.OperationNotFound,
        });

    public override Task<GetContainerUsernameResponse> GetContainerUsername(
        GetContainerUsernameRequest request, ServerCallContext context) => Task.FromResult(UserOf(request.ContainerName));

    public override async Task<SetUpUserResponse> SetUpUser(SetUpUserRequest request, ServerCallContext context)
    {
        try
        {
            if (!UserName.TryParse(request.ContainerUsername, out var wanted))
            {
                throw new VmToolsException(ErrorKind.InvalidArgument, UserName.Rule);
            }

            var container = Find(request.ContainerName)
                ?? throw new VmToolsException(ErrorKind.NotFound, NoSuch(request.ContainerName));
            var (existed, user) = await container.SetUpUserAsync(wanted, context.CancellationToken);
            return new SetUpUserResponse
            {
                Status = existed ? SetUpUserResponse.Types.Status.Exists : SetUpUserResponse.Types.Status.Success,
                Username = user.Value,
            };
        }
        catch (VmToolsException failure)
        {
            return new SetUpUserResponse { Status = SetUpUserResponse.Types.Status.Failed, FailureReason = failure.Message };
        }
    }

    public override Task<GetContainerInfoResponse> GetContainerInfo(GetContainerInfoRequest request, ServerCallContext context)
    {
        if (Find(request.ContainerName)?.Look() is not { } look || look.State == ContainerState.Creating)
        {
            return Task.FromResult(new GetContainerInfoResponse { Status = GetContainerInfoResponse.Types.Status.NotFound });
        }

        return Task.FromResult(new GetContainerInfoResponse
        {
            Status = look.State is ContainerState.Running or ContainerState.Stopping
                ? GetContainerInfoResponse.Types.Status.Running
                : GetContainerInfoResponse.Types.Status.Stopped,
            Ipv4Address = Ipv4Number.Of(look.Record.Address),
        });
    }

    private GetContainerUsernameResponse UserOf(string name)
    {
        if (Find(name) is not { } container)
        {
            return new GetContainerUsernameResponse
            {
                Status = GetContainerUsernameResponse.Types.Status.ContainerNotFound,
                FailureReason = NoSuch(name),
            };
        }

        try
        {
            return container.FirstUser() is { } user
                ? new GetContainerUsernameResponse
                {
                    Status = GetContainerUsernameResponse.Types.Status.Success,
                    Username = user.Name,
                    Homedir = user.Home,
                }
                : new GetContainerUsernameResponse
                {
                    Status = GetContainerUsernameResponse.Types.Status.UserNotFound,
                    FailureReason = $"container {name} has no user yet",
                };
        }
        catch (VmToolsException stopped)
        {
            return new GetContainerUsernameResponse
            {
                Status = GetContainerUsernameResponse.Types.Status.ContainerNotRunning,
                FailureReason = stopped.Message,
            };
        }
    }

    /// <summary>Why a container cannot be had from there, told with the way out; null where it can.</summary>
    private static string? RefusedSource(CreateContainerRequest request)
    {
        if (request.ImageServer.Length > 0 || request.ImageAlias.Length > 0)
        {
            return "image servers are not offered; name a file by rootfs_path, or leave image_server empty for the stock container";
        }

        return request.MetadataPath.Length > 0 && request.RootfsPath.Length == 0
            ? "metadata_path means nothing without rootfs_path"
            : null;
    }

    /// <summary>Null for the stock container.</summary>
    private static ImageSource? SourceOf(CreateContainerRequest request) =>
        request.RootfsPath.Length > 0 ? new ImageSource(request.RootfsPath, request.MetadataPath) : null;

    private static RequestOutcome Asked(string text, Func<ContainerName, RequestOutcome> request) =>
        ContainerName.TryParse(text, out var name) ? request(name) : RequestOutcome.Refused(ContainerNameRule.Sentence);

    private Container? Find(string text) => ContainerName.TryParse(text, out var name) ? containers.Find(name) : null;

    private static string NoSuch(string name) => ContainerName.TryParse(name, out var parsed)
        ? $"there is no container {parsed} in this VM"
        : ContainerNameRule.Sentence;

    private static Protocol.Messages.Tremplin.OsRelease MessageOf(OsRelease release) => new()
    {
        PrettyName = release.PrettyName,
        Name = release.Name,
        Version = release.Version,
        VersionId = release.VersionId,
        Id = release.Id,
    };
}
