using VmTools.Linux.Libc;
using VmTools.Linux.Loop;

namespace VmTools.Linux.Sockets;

/// <summary>
/// The kernel's own vsock (vsock(7)): in every guest, and on a host with vhost_vsock. The runtime's sockets can read and
/// write one that is connected, but neither connect nor accept.
/// </summary>
public static class VsockSocket
{
    /// <summary>Any address of ours, to listen on (VMADDR_CID_ANY).</summary>
    public const uint AnyCid = uint.MaxValue;

    private const string Device = "/dev/vsock";

    /// <summary>True where this kernel can make a vsock socket at all.</summary>
    public static bool IsAvailable()
    {
        var fd = Native.Socket(Native.FamilyVsock, Native.SocketStream | Native.SocketCloexec, 0);
        if (fd == -1)
        {
            return false;
        }

        new FdHandle(fd).Dispose();
        return true;
    }

    /// <summary>The CID of this machine; null where no transport gives it one.</summary>
    public static unsafe uint? LocalCid()
    {
        try
        {
            using var device = FdHandle.Open(Device, OpenFlags.ReadOnly);
            uint cid;
            return Native.Ioctl(device, Native.IoctlVsockLocalCid, &cid) == 0 && cid != AnyCid ? cid : null;
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <summary>A non-blocking listener.</summary>
    public static unsafe FdHandle Listen(uint cid, uint port, int backlog)
    {
        var socket = New();
        try
        {
            var address = VsockSocketAddress.Of(cid, port);
            Syscall.Check(Native.Bind(socket, &address, (uint)sizeof(VsockSocketAddress)), "bind", $"vsock port {port}");
            Syscall.Check(Native.Listen(socket, backlog), "listen", $"vsock port {port}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A non-blocking connection from the backlog and whose it is; EAGAIN where there is none.</summary>
    public static unsafe Errno TryAccept(
        FdHandle listener, out FdHandle? socket, out uint peerCid, out uint peerPort)
    {
        VsockSocketAddress peer = default;
        int fd;
        do
        {
            var length = (uint)sizeof(VsockSocketAddress);
            fd = Native.Accept(listener, &peer, &length, Native.SocketNonBlocking | Native.SocketCloexec);
        }
        while (Syscall.Interrupted(fd));

        socket = fd == -1 ? null : new FdHandle(fd);
        (peerCid, peerPort) = (peer.Cid, peer.Port);
        return Syscall.Outcome(fd);
    }

    /// <summary>
    /// True for the errors of accept4(2) that say that this descriptor will never accept again. All others are about one connection,
    /// or about a shortage, and pass.
    /// </summary>
    public static bool EndsListener(Errno outcome) =>
        outcome is Errno.EBADF or Errno.EINVAL or Errno.ENOTSOCK or Errno.EOPNOTSUPP or Errno.EFAULT;

    /// <summary>A connected, non-blocking stream; ETIMEDOUT where the peer does not answer within <paramref name="limit"/>.</summary>
    public static async Task<FdHandle> ConnectAsync(
        uint cid, uint port, TimeSpan limit, TimeProvider clock, CancellationToken cancel)
    {
        var socket = New();
        try
        {
            var outcome = TryConnect(socket, cid, port);
            if (outcome == Errno.EINPROGRESS)
            {
                outcome = await FinishAsync(socket, limit, clock, cancel);
            }

            Syscall.Check(outcome, "connect", $"vsock {cid}:{port}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Errno> FinishAsync(FdHandle socket, TimeSpan limit, TimeProvider clock, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            await Readiness.WaitAsync(socket, EpollEvents.Out, either.Token);
            return ErrorOf(socket);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return Errno.ETIMEDOUT;
        }
    }

    private static unsafe Errno TryConnect(FdHandle socket, uint cid, uint port)
    {
        var address = VsockSocketAddress.Of(cid, port);
        return Syscall.Outcome(Native.Connect(socket, &address, (uint)sizeof(VsockSocketAddress)));
    }

    private static unsafe Errno ErrorOf(FdHandle socket)
    {
        int error;
        var length = (uint)sizeof(int);
        Syscall.Check(
            Native.GetSocketOption(socket, Native.SolSocket, Native.SocketOptionError, &error, &length), "getsockopt SO_ERROR");
        return (Errno)error;
    }

    private static FdHandle New() => new(Syscall.Check(
        Native.Socket(Native.FamilyVsock, Native.SocketStream | Native.SocketCloexec | Native.SocketNonBlocking, 0), "socket AF_VSOCK"));
}
