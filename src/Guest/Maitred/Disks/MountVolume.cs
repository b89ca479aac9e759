using Microsoft.Extensions.Logging;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.Mounting;
using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Disks;

/// <summary>Mounts a disk of the VM, and makes a file system on it first where it is blank and the host wants one.</summary>
internal sealed partial class MountVolume(Supervisor supervisor, Task driversLoaded, ILogger log)
{
    /// <summary>Where containers mount external disks themselves; the host asks for it all the same.</summary>
    private const string ReservedTarget = "/mnt/external/0";

    public async Task<Errno> RunAsync(MountSpec mount, CancellationToken cancel)
    {
        if (mount.Target == ReservedTarget)
        {
            return Errno.None;
        }

        if (mount.CreateTarget)
        {
            Create(mount.Target);
        }

        var error = await MountAsync(mount, cancel);
        if (error != Errno.None)
        {
            LogNotMounted(mount.Source, mount.Target, error);
        }

        if (mount.Permissions != 0)
        {
            ChangeMode(mount, error);
        }

        return error;
    }

    private static void Create(string target)
    {
        try
        {
            DirectoryPath.Make(target, FileModes.AllMayLook);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new VmToolsException(ErrorKind.Internal, $"The directory {target} could not be created.", failure);
        }
    }

    private async Task<Errno> MountAsync(MountSpec mount, CancellationToken cancel)
    {
        var error = TryMount(mount);
        if (error is Errno.ENODEV or Errno.ENOENT && !driversLoaded.IsCompleted)
        {
            // The file system or the disk may belong to a driver that is loaded after the VM became ready.
            await driversLoaded.WaitAsync(cancel);
            error = TryMount(mount);
        }

        if (error == Errno.EINVAL && mount.MakeFileSystem && await MakeFileSystemAsync(mount, cancel))
        {
            error = TryMount(mount);
        }

        return error;
    }

    private static Errno TryMount(MountSpec mount)
    {
        try
        {
            Mounts.Mount(mount.Source, mount.Target, mount.Type, mount.Flags, mount.Options);
            return Errno.None;
        }
        catch (LinuxException failure)
        {
            return failure.Errno;
        }
    }

    /// <summary>EINVAL also comes from options the file system does not know: a disk that holds anything is left alone.</summary>
    private async Task<bool> MakeFileSystemAsync(MountSpec mount, CancellationToken cancel)
    {
        if (mount.Type is not ("btrfs" or "ext4"))
        {
            LogNoMaker(mount.Type);
            return false;
        }

        if (!await Task.Run(() => BlankDisk.IsBlank(mount.Source), cancel))
        {
            LogNotBlank(mount.Source);
            return false;
        }

        var outcome = await supervisor.LaunchAsync(
            new LaunchSpec { Arguments = [$"mkfs.{mount.Type}", mount.Source], WaitForExit = true }, cancel);
        if (outcome.State != LaunchState.Exited)
        {
            throw new VmToolsException(ErrorKind.Internal, $"mkfs.{mount.Type} could not be run on {mount.Source}.");
        }

        return true;
    }

    private static void ChangeMode(MountSpec mount, Errno mounted)
    {
        try
        {
            File.SetUnixFileMode(mount.Target, (UnixFileMode)(mount.Permissions & 0xFFF));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (mounted == Errno.None)
            {
                Mounts.Unmount(mount.Target, UnmountFlags.None);
            }

            throw new VmToolsException(ErrorKind.Internal, $"The permissions of {mount.Target} could not be set.", failure);
        }
    }

    [LoggerMessage(1311, LogLevel.Error, "mount of {Source} on {Target} failed: {Reason}")]
    private partial void LogNotMounted(string source, string target, Errno reason);

    [LoggerMessage(1312, LogLevel.Error, "no file system of type {Type} can be made here")]
    private partial void LogNoMaker(string type);

    [LoggerMessage(1313, LogLevel.Error, "{Source} is not blank, or too large to be read whole; no file system is made on it")]
    private partial void LogNotBlank(string source);
}
