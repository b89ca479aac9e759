using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Log;

/// <summary>
/// The socket to which programs log (syslog(3)). maitred binds it before any other program runs and hands it to vm_syslog as descriptor 3;
/// a vm_syslog without such a parent binds it itself.
/// </summary>
internal static class LogSocket
{
    public const string FilePath = "/dev/log";

    /// <summary>The environment variable that tells vm_syslog of the descriptor (sd_listen_fds(3)).</summary>
    public const string Variable = "LISTEN_FDS";

    /// <summary>The value of <see cref="Variable"/>: one descriptor is passed.</summary>
    public const string Passed = "1";

    private const int PassedDescriptor = 3;

    /// <summary>Any user's program may log.</summary>

    public static FdHandle Bind() => UnixSocket.BindDatagram(FilePath, FileModes.AllMayWrite);

    /// <summary>Whether a message waits for its reader; an empty one counts.</summary>
    public static bool HasMessages(FdHandle socket)
    {
        Span<byte> first = stackalloc byte[1];
        return UnixSocket.TryPeek(socket, first, out _) == Errno.None;
    }

    /// <summary>The socket that the parent has passed, or a new one; non-blocking.</summary>
    public static FdHandle InheritOrBind()
    {
        if (Environment.GetEnvironmentVariable(Variable) != Passed)
        {
            return Bind();
        }

        var socket = FdHandle.Inherited(PassedDescriptor);
        Fd.SetNonBlocking(socket, true);
        return socket;
    }
}
