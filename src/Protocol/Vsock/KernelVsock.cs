using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Protocol.Vsock;

/// <summary>The kernel carrier: AF_VSOCK, in every guest and on hosts with vhost-vsock (vsock(7)).</summary>
public sealed class KernelVsock(TimeProvider clock) : IVsockCarrier
{
    private const int Backlog = 128;

    /// <summary>A little more than the kernel's own limit for a connection, which is two seconds.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    public ValueTask<IVsockListener> ListenAsync(VsockPort port, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        try
        {
            var socket = VsockListenerSocket.Listen(VsockSocket.AnyCid, port.Value, Backlog);
            return ValueTask.FromResult<IVsockListener>(new KernelVsockListener(port, socket, clock));
        }
        catch (LinuxException taken) when (taken.Errno == Errno.EADDRINUSE)
        {
            throw new VmToolsException(ErrorKind.AlreadyExists, $"Another program serves vsock port {port} already.", taken);
        }
    }

    public async ValueTask<VsockStream> ConnectAsync(VsockAddress peer, CancellationToken cancel)
    {
        try
        {
            var socket = await VsockSocket.ConnectAsync(peer.Cid.Value, peer.Port.Value, ConnectLimit, clock, cancel);
            return new VsockStream(peer, AsyncSocket.Own(socket));
        }
        catch (LinuxException refused)
        {
            var kind = refused.Errno == Errno.ETIMEDOUT ? ErrorKind.DeadlineExceeded : ErrorKind.Unavailable;
            throw new VmToolsException(kind, $"Nothing answers at vsock port {peer.Port} of CID {peer.Cid}.", refused);
        }
    }
}
