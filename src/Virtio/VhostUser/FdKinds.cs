using VmTools.Linux;

namespace VmTools.Virtio.VhostUser;

/// <summary>Which fds of a front end are fit for notifications.</summary>
internal static class FdKinds
{
    /// <summary>
    /// True for an anonymous kernel object (an eventfd has no file type) or a socket, and makes it non-blocking: a front end must
    /// not be able to stop the device by an fd that blocks.
    /// </summary>
    public static bool CanNotify(FdHandle fd, out bool isSocket)
    {
        isSocket = false;
        try
        {
            var kind = Fd.KindOf(fd);
            isSocket = kind == FileKind.Socket;
            Fd.SetNonBlocking(fd, true);
            return kind is FileKind.Unknown or FileKind.Socket;
        }
        catch (LinuxException)
        {
            return false;
        }
    }
}
