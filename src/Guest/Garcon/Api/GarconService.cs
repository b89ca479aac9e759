using Grpc.Core;
using Microsoft.Extensions.Logging;
using VmTools.Linux.Accounts;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Container;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Garcon.Api;

/// <summary>
/// The gRPC service of garcon (container_guest.proto). Calls that are not here are answered UNIMPLEMENTED by the generated base.
/// </summary>
/// <param name="user">Whom garcon runs as; null where the container does not know.</param>
internal sealed class GarconService(UserEntry? user) : Protocol.Messages.Container.Garcon.GarconBase
{
    /// <summary>How the service is served: a listener of ours brings the host alone.</summary>
    public GrpcServerOptions OptionsFor(IVsockListener listener, TimeProvider clock, ILogger log) => new()
    {
        Listener = listener,
        Services = [binder => Protocol.Messages.Container.Garcon.BindService(binder, this)],
        AcceptPeer = static peer => peer == Cid.Host,
        Logger = log,
        Clock = clock,
    };

    /// <summary>There is no port for file transfer: files go by the host's shares.</summary>
    public override Task<GetGarconSessionInfoResponse> GetGarconSessionInfo(
        GetGarconSessionInfoRequest request, ServerCallContext context) => Task.FromResult(user is null
        ? new GetGarconSessionInfoResponse
        {
            Status = GetGarconSessionInfoResponse.Types.Status.Failed,
            FailureReason = $"the container knows no user with the id {Users.EffectiveId}",
        }
        : new GetGarconSessionInfoResponse
        {
            Status = GetGarconSessionInfoResponse.Types.Status.Succeeded,
            ContainerUsername = user.Name,
            ContainerHomedir = user.Home,
        });

    /// <summary>A shell server that calls back would need a vsock of the container's own.</summary>
    public override Task<LaunchVshdResponse> LaunchVshd(LaunchVshdRequest request, ServerCallContext context) =>
        request.Port == 0
            ? throw new RpcException(new Status(StatusCode.InvalidArgument, "port is 0; a shell server cannot call back there"))
            : Task.FromResult(new LaunchVshdResponse
            {
                FailureReason = "containers have no vsock, so that no shell server can call back; vsh VM CONTAINER goes through the VM's",
            });
}
