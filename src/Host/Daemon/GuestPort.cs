using Grpc.Core;
using Microsoft.Extensions.Logging;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Daemon;

/// <summary>A vsock port of the host on which a daemon serves the guests of its instance by gRPC.</summary>
internal static class GuestPort
{
    /// <summary>The vsock carrier of an instance: unix sockets in a directory of its own, which is made where it is missing.</summary>
    /// <exception cref="VmToolsException">The directory cannot be made, or belongs to another user.</exception>
    public static UserVsock CarrierOf(HostInstance instance)
    {
        var directory = instance.Directories.Vsock;
        try
        {
            PrivateDirectory.Ensure(directory, FileModes.OwnerDoesAll);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied,
                $"The directory {directory}, where guests reach this daemon, cannot be prepared: {refused.Message}",
                refused);
        }

        return new UserVsock(directory, new DeviceDirectory(directory), instance.Clock);
    }

    /// <summary>Serves one service to guests alone, from now on until the server is disposed.</summary>
    /// <exception cref="VmToolsException">The port's directory or socket cannot be made, or another program serves the port.</exception>
    public static Task<GrpcServer> ServeAsync(
        HostInstance instance, VsockPort port, Action<ServiceBinderBase> bind, GrpcLimits limits, ILogger log) =>
        ServeAsync(instance, port, static listener => listener, bind, limits, log);

    /// <summary>The same to those whom a listener of the caller's lets through, which owns the port's own.</summary>
    /// <exception cref="VmToolsException">The port's directory or socket cannot be made, or another program serves the port.</exception>
    public static async Task<GrpcServer> ServeAsync(
        HostInstance instance,
        VsockPort port,
        Func<IVsockListener, IVsockListener> through,
        Action<ServiceBinderBase> bind,
        GrpcLimits limits,
        ILogger log)
    {
        var carrier = CarrierOf(instance);
        try
        {
            return await GrpcServer.StartAsync(
                new GrpcServerOptions
                {
                    Listener = through(await carrier.ListenAsync(port, CancellationToken.None)),
                    Services = [bind],
                    AcceptPeer = static cid => cid.IsGuest,
                    Logger = log,
                    Clock = instance.Clock,
                    Limits = limits,
                },
                CancellationToken.None);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.Unavailable,
                $"The socket of vsock port {port} in {instance.Directories.Vsock} cannot be made: {refused.Message}",
                refused);
        }
    }
}
