using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>
/// Whether a disk may be promised. One that takes its space at once must find all of it. A sparse one may promise more than is free, as
/// that is what sparse disks are for, but not more than its file system could ever hold, nor where not even its first boot fits.
/// </summary>
internal static class DiskRoom
{
    /// <summary>What mkfs.ext4 and the first boots write on a disk of 100 GiB, measured as 8 MiB, and as much again for logs.</summary>
    public const long LeastFree = 16L << 20;

    /// <exception cref="VmToolsException">There is not enough room.</exception>
    public static void Check(NewDisk disk, string directory, DriveRoom room)
    {
        if (disk is { IsSparse: false } && disk.Size > room.Free)
        {
            throw NotEnough(disk, $"it is to take {Amount(disk.Size)} at once, and {directory} has {Amount(room.Free)} free");
        }

        if (disk is { IsSparse: true } && disk.Size > room.Total)
        {
            throw NotEnough(
                disk, $"it is to grow to {Amount(disk.Size)}, and the whole file system of {directory} has {Amount(room.Total)}");
        }

        if (disk.IsSparse && room.Free < LeastFree)
        {
            throw NotEnough(disk, $"it needs {Amount(LeastFree)} from the start, and {directory} has {Amount(room.Free)} free");
        }
    }

    private static VmToolsException NotEnough(NewDisk disk, string why) => new(
        ErrorKind.ResourceExhausted,
        $"There is not enough room for the disk of VM '{disk.Id}': {why}. "
        + "Free some space, set VMTOOLS_STATE_DIR to a larger disk, or ask for less with 'vmc disk create NAME --size'.");

    private static string Amount(long bytes) => bytes switch
    {
        >= 10L << 30 => $"{bytes >> 30} GiB",
        >= 1L << 20 => $"{bytes >> 20} MiB",
        _ => $"{bytes >> 10} KiB",
    };
}

/// <summary>What a file system has room for, and what of it is free for us.</summary>
internal readonly record struct DriveRoom(long Total, long Free);
