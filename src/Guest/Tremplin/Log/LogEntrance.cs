using System.Globalization;
using VmTools.Linux;
using VmTools.Linux.Accounts;
using VmTools.Linux.Files;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Tremplin.Log;

/// <summary>
/// The socket in a running container from which its log is taken. It is made from outside, below the container's root, and no link of the
/// container's leads out of that: where systemd-journald runs, at the place to which that forwards (journald.conf(5), ForwardToSyslog),
/// else at /dev/log.
/// </summary>
internal static class LogEntrance
{
    private const string Journal = "/run/systemd/journal";
    private const string OfJournal = "syslog";
    private const string OfPrograms = "log";

    /// <param name="init">The container's first process.</param>
    /// <param name="isSystemd">What kind of place there will be.</param>
    /// <param name="owner">Root's id in the container: no other can own a file there.</param>
    /// <returns>Null where there is no place for it yet, or something of the container's own is there.</returns>
    public static FdHandle? TryOpen(int init, bool isSystemd, uint owner)
    {
        using var root = ForeignFile.TryOpenDirectory($"/proc/{init}/root");
        using var directory = root is null ? null : ForeignFile.TryOpenDirectoryBelow(root, isSystemd ? Journal : "/dev");
        if (directory is null)
        {
            return null;
        }

        var number = directory.DangerousGetHandle().ToString(CultureInfo.InvariantCulture);
        var path = $"/proc/self/fd/{number}/{(isSystemd ? OfJournal : OfPrograms)}";
        try
        {
            return FileSystemUser.Do(owner, () => TryBind(path));
        }
        catch (Exception refused) when (refused is LinuxException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A socket that nobody listens on is what a former tremplin has left.</summary>
    private static FdHandle? TryBind(string path)
    {
        if (FileStatus.OfPath(path) is { } there)
        {
            if (there.Kind != FileKind.Socket || UnixSocket.TryConnectDatagram(path, out var theirs) != Errno.ECONNREFUSED)
            {
                return null;
            }

            theirs?.Dispose();
            File.Delete(path);
        }

        return UnixSocket.BindDatagramOnce(path, FileModes.AllMayWrite);
    }
}
