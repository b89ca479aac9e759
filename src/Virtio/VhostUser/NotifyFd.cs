using System.Buffers.Binary;
using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Virtio.VhostUser;

/// <summary>An fd by which the device notifies the front end: an eventfd from most, a stream socket from User-Mode Linux.</summary>
internal sealed class NotifyFd : IDisposable
{
    private readonly FdHandle _fd;
    private readonly bool _isSocket;

    private NotifyFd(FdHandle fd, bool isSocket)
    {
        _fd = fd;
        _isSocket = isSocket;
    }

    /// <summary>Takes the fd over; null (and the fd closed) when it is neither of the two kinds.</summary>
    public static NotifyFd? TryFrom(FdHandle fd)
    {
        if (FdKinds.CanNotify(fd, out var isSocket))
        {
            return new NotifyFd(fd, isSocket);
        }

        fd.Dispose();
        return null;
    }

    /// <summary>
    /// Writes the eight bytes both kinds take. A full one is signalled already; a dead one means the front end is going, which its
    /// control socket tells.
    /// </summary>
    public void Signal()
    {
        Span<byte> one = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(one, 1);
        _ = _isSocket ? UnixSocket.TrySend(_fd, one, out _) : Fd.TryWrite(_fd, one, out _);
    }

    public void Dispose() => _fd.Dispose();
}
