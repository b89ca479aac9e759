using System.Net.Sockets;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Sockets;

/// <summary>Sockets in the file system (unix(7)), close-on-exec from birth.</summary>
public static class UnixSocket
{
    /// <summary>sun_path holds 108 bytes, the last of them zero.</summary>
    public const int MaxPathBytes = 107;

    private const int Stream = Native.SocketStream | Native.SocketCloexec;
    private const int Packets = Native.SocketSequentialPacket | Native.SocketCloexec | Native.SocketNonBlocking;

    /// <summary>
    /// A non-blocking listener at <paramref name="path"/> with this mode, whatever the umask. A socket file on which no
    /// process listens any more is replaced; one that is served, or a file of another kind, is EADDRINUSE. Two programs
    /// that start at the same moment on one path must be kept apart by a file lock.
    /// </summary>
    public static FdHandle Listen(string path, int backlog, UnixFileMode mode)
    {
        var socket = New(Stream | Native.SocketNonBlocking);
        try
        {
            // The inode is born with the socket's own mode less the umask, so no other user gets in before the second chmod.
            Syscall.Check(Native.ChangeMode(socket, (uint)mode), "fchmod", path);
            var outcome = TryBind(socket, path);
            if (outcome == Errno.EADDRINUSE && IsStale(path))
            {
                File.Delete(path);
                outcome = TryBind(socket, path);
            }

            Syscall.Check(outcome, "bind", path);
            File.SetUnixFileMode(path, mode);
            Syscall.Check(Native.Listen(socket, backlog), "listen", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A non-blocking socket that takes datagrams at <paramref name="path"/>, with this mode whatever the umask. Whatever file is
    /// there goes.
    /// </summary>
    public static FdHandle BindDatagram(string path, UnixFileMode mode)
    {
        var socket = New(Native.SocketDatagram | Native.SocketCloexec | Native.SocketNonBlocking);
        try
        {
            File.Delete(path);
            Syscall.Check(TryBind(socket, path), "bind", path);
            File.SetUnixFileMode(path, mode);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The same at a path of which others may be able to change the last name: it is looked up once, and what is there is EADDRINUSE. The
    /// umask is taken from the mode.
    /// </summary>
    public static FdHandle BindDatagramOnce(string path, UnixFileMode mode)
    {
        var socket = New(Native.SocketDatagram | Native.SocketCloexec | Native.SocketNonBlocking);
        try
        {
            Syscall.Check(Native.ChangeMode(socket, (uint)mode), "fchmod", path);
            Syscall.Check(TryBind(socket, path), "bind", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A non-blocking connection. A unix socket connects at once or not at all: EAGAIN means a full backlog, EMFILE that this
    /// process has no fd left.
    /// </summary>
    public static Errno TryConnect(string path, out FdHandle? socket) => TryConnect(Stream | Native.SocketNonBlocking, path, out socket);

    /// <summary>A non-blocking socket whose datagrams go to the socket at <paramref name="path"/>.</summary>
    public static Errno TryConnectDatagram(string path, out FdHandle? socket) =>
        TryConnect(Native.SocketDatagram | Native.SocketCloexec | Native.SocketNonBlocking, path, out socket);

    /// <summary>A non-blocking connection that keeps the bounds of what is sent (SOCK_SEQPACKET).</summary>
    public static Errno TryConnectPackets(string path, out FdHandle? socket) => TryConnect(Packets, path, out socket);

    /// <summary>A blocking connection; waits while the listener's backlog is full.</summary>
    public static FdHandle Connect(string path)
    {
        var outcome = TryConnect(Stream, path, out var socket);
        return outcome == Errno.None ? socket! : throw new LinuxException(outcome, "connect", path);
    }

    /// <summary>A non-blocking connection from the listener's backlog; EAGAIN where there is none.</summary>
    public static unsafe Errno TryAccept(FdHandle listener, out FdHandle? socket)
    {
        int fd;
        do
        {
            fd = Native.Accept(listener, null, null, Native.SocketNonBlocking | Native.SocketCloexec);
        }
        while (Syscall.Interrupted(fd));

        socket = fd == -1 ? null : new FdHandle(fd);
        return Syscall.Outcome(fd);
    }

    /// <summary>Two blocking ends of one connection.</summary>
    public static (FdHandle First, FdHandle Second) Pair() => Pair(Stream);

    /// <summary>Two non-blocking ends of one connection that keeps the bounds of what is sent (SOCK_SEQPACKET).</summary>
    public static (FdHandle First, FdHandle Second) PacketPair() => Pair(Packets);

    private static unsafe (FdHandle First, FdHandle Second) Pair(int type)
    {
        // SAFETY: the kernel writes two ints.
        var pair = stackalloc int[2];
        Syscall.Check(Native.SocketPair(Native.FamilyUnix, type, 0, pair), "socketpair");
        return (new FdHandle(pair[0]), new FdHandle(pair[1]));
    }

    /// <summary>Who connected, as the kernel noted it then.</summary>
    public static unsafe PeerCredentials PeerOf(FdHandle socket)
    {
        PeerCredentials peer;
        var length = (uint)sizeof(PeerCredentials);
        Syscall.Check(
            Native.GetSocketOption(socket, Native.SolSocket, Native.SocketOptionPeerCredentials, &peer, &length), "getsockopt SO_PEERCRED");
        return peer;
    }

    public static unsafe Errno TrySend(FdHandle socket, ReadOnlySpan<byte> bytes, out int count)
    {
        nint result;
        do
        {
            // SAFETY: the span is pinned for the call and its own length is the limit.
            fixed (byte* start = bytes)
            {
                result = Native.Send(socket, start, (nuint)bytes.Length, Native.MessageNoSignal);
            }
        }
        while (Syscall.Interrupted(result));

        count = (int)Math.Max(result, 0);
        return Syscall.Outcome(result);
    }

    /// <summary>Looks at what has arrived and leaves it there; zero bytes and no error mean the end of the stream.</summary>
    public static unsafe Errno TryPeek(FdHandle socket, Span<byte> bytes, out int count)
    {
        nint result;
        do
        {
            // SAFETY: the span is pinned for the call and its own length is the limit.
            fixed (byte* start = bytes)
            {
                result = Native.Receive(socket, start, (nuint)bytes.Length, Native.MessagePeek);
            }
        }
        while (Syscall.Interrupted(result));

        count = (int)Math.Max(result, 0);
        return Syscall.Outcome(result);
    }

    /// <summary>
    /// Receives bytes and the fds that came with them, close-on-exec. Where the kernel had to drop some of the fds the rest
    /// are closed too and <paramref name="truncatedFds"/> is true: half a set is of no use.
    /// </summary>
    public static Errno TryReceiveWithFds(
        FdHandle socket, Span<byte> bytes, List<FdHandle> fds, out int count, out bool truncatedFds) =>
        FdPassing.TryReceive(socket, bytes, fds, out count, out truncatedFds);

    /// <summary>Sends bytes (at least one) with fds; they travel with the first byte, so a short count has sent them all.</summary>
    public static Errno TrySendWithFds(FdHandle socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<FdHandle> fds, out int count) =>
        FdPassing.TrySend(socket, bytes, fds, out count);

    /// <summary>Ends one or both directions; a peer that has gone already is not an error.</summary>
    public static void Shutdown(FdHandle socket, SocketShutdown how)
    {
        if (Native.Shutdown(socket, (int)how) == -1 && Syscall.LastError != Errno.ENOTCONN)
        {
            throw new LinuxException(Syscall.LastError, "shutdown");
        }
    }

    private static Errno TryNew(int type, out FdHandle? socket)
    {
        var fd = Native.Socket(Native.FamilyUnix, type, 0);
        socket = fd == -1 ? null : new FdHandle(fd);
        return Syscall.Outcome(fd);
    }

    private static FdHandle New(int type) => new(Syscall.Check(Native.Socket(Native.FamilyUnix, type, 0), "socket"));

    private static unsafe Errno TryBind(FdHandle socket, string path)
    {
        var address = UnixAddress.Of(path);
        return Syscall.Outcome(Native.Bind(socket, &address, address.Length));
    }

    private static Errno TryConnect(int type, string path, out FdHandle? socket)
    {
        var outcome = TryNew(type, out socket);
        outcome = outcome == Errno.None ? TryConnect(socket!, path) : outcome;
        if (outcome != Errno.None)
        {
            socket?.Dispose();
            socket = null;
        }

        return outcome;
    }

    private static unsafe Errno TryConnect(FdHandle socket, string path)
    {
        var address = UnixAddress.Of(path);
        int result;
        do
        {
            result = Native.Connect(socket, &address, address.Length);
        }
        while (Syscall.Interrupted(result));

        return Syscall.Outcome(result);
    }

    /// <summary>A regular file refuses connections too, so the kind is asked first: no data is deleted.</summary>
    private static bool IsStale(string path)
    {
        if (FileStatus.OfPath(path) is not { Kind: FileKind.Socket })
        {
            return false;
        }

        var outcome = TryConnect(path, out var socket);
        socket?.Dispose();
        return outcome is Errno.ECONNREFUSED;
    }
}
