using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

internal static unsafe partial class Native
{
    public const int FamilyUnix = 1;
    public const int FamilyInternet = 2;
    public const int FamilyVsock = 40;
    public const nuint IoctlVsockLocalCid = 0x7B9;
    public const int SocketStream = 1;
    public const int SocketSequentialPacket = 5;
    public const int SocketDatagram = 2;
    public const int SocketNonBlocking = 0x800;
    public const int SocketCloexec = 0x80000;
    public const int SolSocket = 1;
    public const int SocketOptionError = 4;
    public const int SocketOptionPeerCredentials = 17;
    public const int ScmRights = 1;
    public const int MessagePeek = 0x2;
    public const int MessageControlTruncated = 0x8;
    public const int MessageNoSignal = 0x4000;
    public const int MessageCmsgCloexec = 0x40000000;

    /// <summary>The kernel passes at most so many fds with one message (SCM_MAX_FD).</summary>
    public const int MaxPassedFds = 253;

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    public static partial int SocketPair(int family, int type, int protocol, int* pair);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(FdHandle socket, void* address, uint length);

    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(FdHandle socket, int backlog);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    public static partial int Connect(FdHandle socket, void* address, uint length);

    [LibraryImport(Library, EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(FdHandle socket, void* address, uint* length, int flags);

    [LibraryImport(Library, EntryPoint = "getsockopt", SetLastError = true)]
    public static partial int GetSocketOption(FdHandle socket, int level, int name, void* value, uint* length);

    [LibraryImport(Library, EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(FdHandle socket, byte* bytes, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(FdHandle socket, byte* bytes, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendMessage(FdHandle socket, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "recvmsg", SetLastError = true)]
    public static partial nint ReceiveMessage(FdHandle socket, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(FdHandle socket, int how);

    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    public static partial int ChangeMode(FdHandle fd, uint mode);
}
