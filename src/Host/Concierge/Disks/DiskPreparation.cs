using VmTools.Host.Concierge.Verbs;
using VmTools.Host.Concierge.Vms;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>
/// Looks at the disks of a VM that is about to start and says what the guest is to mount. The first one is the stateful
/// disk; if it is blank it gets its file system here.
/// </summary>
internal sealed class DiskPreparation(DiskFormatter formatter)
{
    public const string StatefulTarget = "/mnt/stateful";
    public const int MostDisks = 10;
    private const ulong ReadOnlyFlag = 1;

    public async Task<IReadOnlyList<GuestMount>> PrepareAsync(IReadOnlyList<StartDisk> disks, CancellationToken cancel)
    {
        var mounts = new List<GuestMount>();
        for (var index = 0; index < disks.Count; index++)
        {
            var disk = disks[index];
            CheckFile(disk);
            // The root disk is vda.
            var device = $"/dev/vd{(char)('b' + index)}";
            if (index == 0)
            {
                mounts.Add(await PrepareStatefulAsync(disk, device, cancel));
            }
            else if (disk.IsMounted)
            {
                mounts.Add(MountOf(disk, device, disk.MountPoint, disk.FileSystem));
            }
        }

        return mounts;
    }

    private async Task<GuestMount> PrepareStatefulAsync(StartDisk disk, string device, CancellationToken cancel)
    {
        if (DiskContent.FileSystemOf(disk.Path) is "" && disk.IsWritable)
        {
            await formatter.FormatAsync(disk.Path, [], [], cancel);
        }

        var fileSystem = DiskContent.FileSystemOf(disk.Path) is { Length: > 0 } found ? found
            : disk.FileSystem is { Length: > 0 } asked ? asked
            : throw new VmToolsException(
                ErrorKind.FailedPrecondition,
                $"The disk {disk.Path} holds no file system that the guest could mount. Destroy it and create it again, or choose another.");
        return MountOf(disk, device, disk is { IsMounted: true, MountPoint.Length: > 0 } ? disk.MountPoint : StatefulTarget, fileSystem);
    }

    private static GuestMount MountOf(StartDisk disk, string device, string target, string fileSystem) => new(device, target, fileSystem)
    {
        Flags = disk.IsWritable ? disk.Flags : disk.Flags | ReadOnlyFlag,
        Options = disk.Options,
    };

    private static void CheckFile(StartDisk disk)
    {
        if (!Path.Exists(disk.Path))
        {
            throw new VmToolsException(ErrorKind.NotFound, $"There is no disk image at {disk.Path}. Create it with 'vmc disk create'.");
        }

        if (!DiskUsage.IsPlainFile(disk.Path))
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"{disk.Path} is not a plain file and cannot be a disk.");
        }

        try
        {
            using var opened = FdHandle.Open(disk.Path, disk.IsWritable ? OpenFlags.ReadWrite | OpenFlags.NoFollow : OpenFlags.NoFollow);
            if (Fd.SizeOf(opened) == 0)
            {
                throw new VmToolsException(ErrorKind.FailedPrecondition, $"The disk image {disk.Path} is empty. Destroy it and create it again.");
            }
        }
        catch (LinuxException refused)
        {
            throw new VmToolsException(ErrorKind.PermissionDenied, $"The disk image {disk.Path} cannot be opened: {refused.Errno}. Give your user the right to use it.", refused);
        }
    }
}
