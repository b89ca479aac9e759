using VmTools.Host.Concierge.GuestAgent;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>
/// Looks at the disks of a VM that is about to start and says what the guest is to mount; they are locked by then. The first one
/// is the stateful disk; if it is blank it gets its file system here.
/// </summary>
internal sealed class DiskPreparation(DiskFormatter formatter, TimeProvider clock)
{
    public const string StatefulTarget = "/mnt/stateful";

    /// <summary>The first disk after the root disk, as the guest's kernel calls it.</summary>
    public const string StatefulDevice = "/dev/vdb";

    public const int MostDisks = 10;
    private const ulong ReadOnlyFlag = 1;

    /// <summary>A disk that is full of written zeroes is read at some hundred MiB a second; holes take no time.</summary>
    private static readonly TimeSpan LongestScan = TimeSpan.FromSeconds(60);

    public async Task<IReadOnlyList<GuestMount>> PrepareAsync(IReadOnlyList<StartDisk> disks, CancellationToken cancel)
    {
        var mounts = new List<GuestMount>();
        for (var index = 0; index < disks.Count; index++)
        {
            var disk = disks[index];
            RefuseEmpty(disk);
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
        var fileSystem = await FileSystemOfAsync(disk, cancel);
        return MountOf(disk, device, disk is { IsMounted: true, MountPoint.Length: > 0 } ? disk.MountPoint : StatefulTarget, fileSystem);
    }

    private async Task<string> FileSystemOfAsync(StartDisk disk, CancellationToken cancel)
    {
        using var image = FdHandle.Open(disk.Path, OpenFlags.NoFollow);
        if (DiskContent.FileSystemOf(image) is { } found)
        {
            return found;
        }

        var scan = await Task.Run(() => BlankScan.Of(image, LongestScan, clock, cancel), cancel);
        if (scan.Verdict == BlankVerdict.Blank && disk.IsWritable)
        {
            await formatter.FormatAsync(disk.Path, [], [], cancel);
            return "ext4";
        }

        return disk.FileSystem is { Length: > 0 } asked ? asked : throw NotMountable(disk.Path, image, scan);
    }

    private static VmToolsException NotMountable(string path, FdHandle image, BlankScan scan) => new(
        ErrorKind.FailedPrecondition,
        scan.Verdict switch
        {
            BlankVerdict.Blank =>
                $"The disk {path} is blank and cannot be written to, so it gets no file system. "
                + "Let the guest write to it, or choose another.",
            BlankVerdict.TooLarge =>
                $"The first {scan.Offset >> 20} MiB of the disk {path} are zeroes, "
                + "and the rest is too much to look through, so it is not formatted. "
                + $"If it holds nothing, format it: 'mkfs.ext4 {path}'.",
            BlankVerdict.HoldsData =>
                $"The disk {path} holds {DiskContent.Describe(image, scan)}, and no file system that the guest could mount; "
                + "it is not formatted. "
                + "Choose another, or destroy it and create it again if what it holds is not needed.",
            _ =>
                $"The disk {path} cannot be read at byte {scan.Offset} ({scan.Errno}), so it is neither mounted nor formatted. "
                + "Check the disk that it lies on.",
        });

    private static GuestMount MountOf(StartDisk disk, string device, string target, string fileSystem) => new(device, target, fileSystem)
    {
        Flags = disk.IsWritable ? disk.Flags : disk.Flags | ReadOnlyFlag,
        Options = disk.Options,
    };

    private static void RefuseEmpty(StartDisk disk)
    {
        if (FileStatus.OfPath(disk.Path) is { Size: 0 })
        {
            throw new VmToolsException(
                ErrorKind.FailedPrecondition,
                $"The disk image {disk.Path} is empty. Destroy it and create it again.");
        }
    }
}
