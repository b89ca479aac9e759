using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Garcon.Transport;

/// <summary>
/// vsock for a container, which has none: the host is reached by the socket that tremplin binds into the container, and calls by the one
/// that tremplin passed to us. tremplin chooses the ports on both sides.
/// </summary>
internal sealed class ContainerCarrier(string hostSocket, FdHandle listening) : IVsockCarrier
{
    /// <summary>Where tremplin puts the socket of the host.</summary>
    public const string HostSocket = "/dev/vmtools/host.sock";

    public ValueTask<IVsockListener> ListenAsync(VsockPort port, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IVsockListener>(new PassedListener(port, AsyncSocket.Own(listening)));
    }

    public ValueTask<VsockStream> ConnectAsync(VsockAddress peer, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var outcome = UnixSocket.TryConnect(hostSocket, out var socket);
        return outcome == Errno.None
            ? ValueTask.FromResult(new VsockStream(peer, AsyncSocket.Own(socket!)))
            : throw new VmToolsException(ErrorKind.Unavailable, $"the host cannot be reached by {hostSocket}: {outcome}");
    }
}
