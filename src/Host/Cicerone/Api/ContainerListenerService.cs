using Grpc.Core;
using Microsoft.Extensions.Logging;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Garcon;
using VmTools.Host.Cicerone.Vms;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Container;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// Where the agents of containers are heard (container_host.proto). The VM is known by its CID and the container by its door; the secret in
/// the message has to be that container's. Whatever is not right about it is refused in the same words.
/// </summary>
internal sealed partial class ContainerListenerService(
    VmLookup vms, ContainerTable containers, RegisterGarcon register, CallAllowance allowance, ILogger log)
    : ContainerListener.ContainerListenerBase
{
    /// <summary>The port that garcon names is not looked at: it is called through tremplin.</summary>
    public override async Task<EmptyMessage> ContainerReady(ContainerStartupInfo request, ServerCallContext context)
    {
        var (vm, name) = Caller(request.Token, context);
        await register.RunAsync(vm, name, request.Token, context.CancellationToken);
        LogReady(vm.Id.Name.Value, name.Value);
        return new EmptyMessage();
    }

    /// <summary>garcon ends. Whether its container does, tremplin tells.</summary>
    public override Task<EmptyMessage> ContainerShutdown(ContainerShutdownInfo request, ServerCallContext context)
    {
        var (vm, name) = Caller(request.Token, context);
        containers.Register(vm.Id, name, isRegistered: false);
        return Task.FromResult(new EmptyMessage());
    }

    private (KnownVm Vm, ContainerName Name) Caller(string token, ServerCallContext context)
    {
        if (vms.Find(context.PeerCid()) is not { } vm || !ContainerName.TryParse(context.PeerContainer() ?? "", out var name))
        {
            throw Refused(StatusCode.FailedPrecondition, "The host does not know this container by this token.");
        }

        if (!allowance.TryTake(vm.Id, name))
        {
            throw Refused(StatusCode.ResourceExhausted, "This container has called the host as often as it may for now.");
        }

        if (token.Length == 0)
        {
            throw Refused(StatusCode.InvalidArgument, "The message has no token.");
        }

        return containers.Knows(vm.Id, name, token)
            ? (vm, name)
            : throw Refused(StatusCode.FailedPrecondition, "The host does not know this container by this token.");
    }

    private static RpcException Refused(StatusCode code, string why) => new(new Status(code, why));

    [LoggerMessage(3342, LogLevel.Information, "VM {Vm}: container {Container}: its agent can be called")]
    private partial void LogReady(string vm, string container);
}
