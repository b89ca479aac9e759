using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;

namespace VmTools.Virtio.Vsock.HostStreams;

/// <summary>
/// Dials the host program that listens on <c>host.PORT</c> in the name space's directory, and introduces the guest to it before
/// the first byte. The directory belongs to one user, and a listener knows this process by its credentials.
/// </summary>
internal sealed class HostDialler(VsockNameSpace names, EventLoop loop) : IHostPrograms
{
    public IHostStream? TryDial(uint hostPort, uint guestPort)
    {
        if (UnixSocket.TryConnect(names.HostPath(hostPort), out var socket) != Errno.None || socket is null)
        {
            return null;
        }

        var line = ConnectLine.Introduction(names.Cid, guestPort);
        if (UnixSocket.TrySend(socket, line, out var count) != Errno.None || count != line.Length)
        {
            socket.Dispose();
            return null;
        }

        return new HostSocket(socket, loop);
    }
}
