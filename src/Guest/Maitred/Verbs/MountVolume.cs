using Microsoft.Extensions.Logging;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Verbs;

/// <summary>Mounts a disk of the VM, and makes a file system on it first where it is blank and the host wants one.</summary>
internal sealed partial class MountVolume(Supervisor supervisor, Task driversLoaded, ILogger log)
{
    private const UnixFileMode TargetMode = (UnixFileMode)0x1ED; // 0755

    /// <summary>The external disk's place is a container's affair; the host asks for it all the same.</summary>
    private const string ReservedTarget = "/mnt/external/0";

    public async Task<Errno> RunAsync(MountOrder order, CancellationToken cancel)
    {
        if (order.Target == ReservedTarget)
        {
            return Errno.None;
        }

        if (order.CreateTarget)
        {
            Create(order.Target);
        }

        var error = await MountAsync(order, cancel);
        if (error != Errno.None)
        {
            LogNotMounted(order.Source, order.Target, error);
        }

        if (order.Permissions != 0)
        {
            ChangeMode(order, error);
        }

        return error;
    }

    private static void Create(string target)
    {
        try
        {
            Directory.CreateDirectory(target, TargetMode);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new VmToolsException(ErrorKind.Internal, $"The directory {target} could not be created.", failure);
        }
    }

    private async Task<Errno> MountAsync(MountOrder order, CancellationToken cancel)
    {
        var error = TryMount(order);
        if (error is Errno.ENODEV or Errno.ENOENT && !driversLoaded.IsCompleted)
        {
            // The file system or the disk may belong to a driver that is loaded after the VM became ready.
            await driversLoaded.WaitAsync(cancel);
            error = TryMount(order);
        }

        if (error == Errno.EINVAL && order.MakeFileSystem && await MakeFileSystemAsync(order, cancel))
        {
            error = TryMount(order);
        }

        return error;
    }

    private static Errno TryMount(MountOrder order)
    {
        try
        {
            Mounts.Mount(order.Source, order.Target, order.Type, order.Flags, order.Options);
            return Errno.None;
        }
        catch (LinuxException failure)
        {
            return failure.Errno;
        }
    }

    /// <summary>EINVAL also comes from options the file system does not know: a disk that holds anything is left alone.</summary>
    private async Task<bool> MakeFileSystemAsync(MountOrder order, CancellationToken cancel)
    {
        if (order.Type is not ("btrfs" or "ext4"))
        {
            LogNoMaker(order.Type);
            return false;
        }

        if (!await Task.Run(() => BlankDisk.IsBlank(order.Source), cancel))
        {
            LogNotBlank(order.Source);
            return false;
        }

        var outcome = await supervisor.LaunchAsync(
            new LaunchOrder { Arguments = [$"mkfs.{order.Type}", order.Source], WaitForExit = true }, cancel);
        if (outcome.State != LaunchState.Exited)
        {
            throw new VmToolsException(ErrorKind.Internal, $"mkfs.{order.Type} could not be run on {order.Source}.");
        }

        return true;
    }

    private static void ChangeMode(MountOrder order, Errno mounted)
    {
        try
        {
            File.SetUnixFileMode(order.Target, (UnixFileMode)(order.Permissions & 0xFFF));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (mounted == Errno.None)
            {
                Mounts.Unmount(order.Target, UnmountFlags.None);
            }

            throw new VmToolsException(ErrorKind.Internal, $"The permissions of {order.Target} could not be set.", failure);
        }
    }

    [LoggerMessage(EventId = 1311, Level = LogLevel.Error, Message = "mount of {Source} on {Target} failed: {Reason}")]
    private partial void LogNotMounted(string source, string target, Errno reason);

    [LoggerMessage(EventId = 1312, Level = LogLevel.Error, Message = "no file system of type {Type} can be made here")]
    private partial void LogNoMaker(string type);

    [LoggerMessage(EventId = 1313, Level = LogLevel.Error, Message = "{Source} is not blank, or too large to be read whole; no file system is made on it")]
    private partial void LogNotBlank(string source);
}
