using System.Globalization;
using VmTools.Host.Concierge.Vmm;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>
/// A disk image kept for one use: to run a VM, to destroy it. The lock is on the image itself and belongs to the open file. A VMM
/// inherits it, so an image is locked as long as its VM lives, whatever became of the daemon that started it, and a daemon that
/// knows nothing of the VM still cannot take the image away. Images that a VM only reads are shared.
/// </summary>
internal sealed class DiskLock : IDisposable
{
    /// <summary>A program that is just being started, or just ending, may hold the image for moments.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private DiskLock(FdHandle file) => File = file;

    /// <summary>What the VMM inherits.</summary>
    public FdHandle File { get; }

    /// <exception cref="VmToolsException">The image is in use, or is none that could be locked.</exception>
    public static async Task<DiskLock> TakeAsync(string path, bool isWritable, TimeProvider clock, CancellationToken cancel)
    {
        for (var start = clock.GetTimestamp(); ;)
        {
            var file = Open(path, isWritable);
            var outcome = InheritableLock.TryTake(file, isWritable);
            if (outcome == Errno.None && IsStill(path, file))
            {
                return new DiskLock(file);
            }

            file.Dispose();
            if (outcome is not (Errno.None or Errno.EAGAIN))
            {
                throw new VmToolsException(
                    ErrorKind.FailedPrecondition,
                    $"The disk image {path} cannot be locked ({outcome}), and without a lock two VMs could write to it. "
                    + "Put it on a file system that has locks (flock).");
            }

            if (clock.GetElapsedTime(start) >= Limit)
            {
                throw InUse(path);
            }

            await Task.Delay(Pause, clock, cancel);
        }
    }

    /// <summary>Closing is enough, and leaves the lock to a VMM that has inherited it.</summary>
    public void Dispose() => File.Dispose();

    private static FdHandle Open(string path, bool isWritable)
    {
        try
        {
            // Looked at before it is opened to the full: a FIFO would be waited for, a device touched.
            using (var looked = FdHandle.Open(path, OpenFlags.Path | OpenFlags.NoFollow))
            {
                if (Fd.KindOf(looked) != FileKind.Regular)
                {
                    throw new VmToolsException(ErrorKind.InvalidArgument, $"{path} is not a plain file and cannot be a disk.");
                }
            }

            var access = isWritable ? OpenFlags.ReadWrite : OpenFlags.ReadOnly;
            return FdHandle.Open(path, access | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        }
        catch (LinuxException missing) when (missing.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw new VmToolsException(ErrorKind.NotFound, $"There is no disk image at {path}. Create it with 'vmc disk create'.", missing);
        }
        catch (LinuxException refused)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied,
                $"The disk image {path} cannot be opened: {refused.Errno}. Give your user the right to use it.",
                refused);
        }
    }

    /// <summary>The image may have been destroyed, and another made in its place, while this one was waited for.</summary>
    private static bool IsStill(string path, FdHandle file) =>
        FileStatus.OfPath(path) is { } there && there.Inode == FileStatus.Of(file).Inode;

    private static VmToolsException InUse(string path)
    {
        var users = DiskUsers.Of(path).Select(Describe).ToArray();
        var who = users.Length > 0 ? string.Join(", ", users) : "a program that cannot be seen from here";
        return new VmToolsException(
            ErrorKind.FailedPrecondition,
            $"The disk image {path} is in use by {who}. Stop the VM that runs on it, or end that program, first.");
    }

    private static string Describe(int pid) => string.Create(
        CultureInfo.InvariantCulture, $"{Path.GetFileName(Processes.CommandLineOf(pid)?.Split(' ')[0]) ?? "a program"} (pid {pid})");
}
