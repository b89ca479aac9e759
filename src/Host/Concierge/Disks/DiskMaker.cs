using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>Makes disk images: whole under another name first, then renamed.</summary>
internal sealed class DiskMaker(DiskStore store, DiskFormatter formatter)
{
    public const long Granularity = 4096;
    public const long SmallestDefault = 1L << 30;

    /// <summary>A smaller ext4 has no room for its own tables.</summary>
    public const long Smallest = 1L << 20;

    /// <summary>The largest ext4 with blocks of 4 KiB.</summary>
    public const long Largest = 16L << 40;

    /// <summary>The finished image's path.</summary>
    public async Task<string> MakeAsync(NewDisk disk, CancellationToken cancel)
    {
        var unfinished = store.UnfinishedPathOf(disk.Id);
        try
        {
            store.EnsureDirectory(disk.Id.Owner);
            await FillAsync(disk, unfinished, cancel);
            File.Move(unfinished, store.PathOf(disk.Id), overwrite: false);
            return store.PathOf(disk.Id);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw Explain(disk.Id, refused);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    /// <summary>The size of a sparse disk whose caller chose none: most of what is free, which it takes only as it fills.</summary>
    public static long DefaultSize(long freeBytes) =>
        Math.Min(Largest, Math.Max(SmallestDefault, freeBytes / 10 * 9 / Granularity * Granularity));

    private async Task FillAsync(NewDisk disk, string path, CancellationToken cancel)
    {
        // Asked for more than there is, the kernel fills the disk to the brim before it says so, to the harm of all others.
        var room = store.RoomOf(disk.Id.Owner);
        DiskRoom.Check(disk, Path.GetDirectoryName(path)!, room);
        var size = disk.Size > 0 ? (disk.Size + Granularity - 1) / Granularity * Granularity : DefaultSize(room.Free);
        Allocate(path, size, disk.IsSparse);
        if (disk.HasExt4)
        {
            await formatter.FormatAsync(path, disk.FormatOptions, disk.TuneOptions, cancel);
        }

        DiskAttributes.NoteType(path, disk.Type);
        if (disk.Size > 0)
        {
            DiskAttributes.NoteUserChosenSize(path);
        }
    }

    private static void Allocate(string path, long size, bool isSparse)
    {
        File.Delete(path);
        using var file = FdHandle.Open(
            path,
            OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.WriteOnly | OpenFlags.NoFollow,
            FileModes.OwnerReadsAndWrites);
        var outcome = isSparse ? DiskUsage.TrySetLength(file, size) : DiskUsage.TryAllocate(file, size);
        if (outcome != Errno.None)
        {
            throw new LinuxException(outcome, isSparse ? "ftruncate" : "fallocate", path);
        }
    }

    private VmToolsException Explain(VmId id, Exception refused) =>
        IsDiskFull(refused)
            ? new VmToolsException(
                ErrorKind.ResourceExhausted,
                $"There is not enough room for the disk of VM '{id}' in {Path.GetDirectoryName(store.PathOf(id))}. "
                + "Free some, or ask for a smaller or a sparse disk.",
                refused)
            : new VmToolsException(
                ErrorKind.Internal,
                $"The disk of VM '{id}' cannot be made at {store.PathOf(id)}: {refused.Message}",
                refused);

    /// <summary>EFBIG is what a file system says that could never hold so much.</summary>
    private static bool IsDiskFull(Exception refused) =>
        refused is LinuxException { Errno: Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG };
}
