using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>CreateDiskImage: the disk of that VM exists afterwards, whether it did before or not.</summary>
internal sealed class CreateDiskImage(DiskOperations operations, DiskStore store, DiskMaker maker)
{
    public async Task<DiskOutcome> RunAsync(NewDisk disk, CancellationToken cancel)
    {
        // Without the lock, so that several starts of one VM, which each ask for its disk first, do not get into each other's way.
        if (store.Exists(disk.Id))
        {
            return Present(disk.Id);
        }

        Check(disk);
        using var busy = await operations.BeginCreationAsync(disk.Id, cancel);
        if (store.Exists(disk.Id))
        {
            return Present(disk.Id);
        }

        return new DiskOutcome(DiskStatus.Created) { Path = await maker.MakeAsync(disk, cancel) };
    }

    private DiskOutcome Present(VmId id) => new(DiskStatus.Exists) { Path = store.PathOf(id) };

    private static void Check(NewDisk disk)
    {
        if (disk is { IsSparse: false, Size: 0 })
        {
            throw new VmToolsException(
                ErrorKind.InvalidArgument,
                $"The disk of VM '{disk.Id}' is to be allocated at once, which needs a size.");
        }

        if (disk.Size is > 0 and < DiskMaker.Smallest)
        {
            throw new VmToolsException(
                ErrorKind.InvalidArgument,
                $"The disk of VM '{disk.Id}' cannot be made with {disk.Size} bytes: it needs {DiskMaker.Smallest >> 20} MiB or more.");
        }

        if (disk.Size is < 0 or > DiskMaker.Largest)
        {
            throw new VmToolsException(
                ErrorKind.InvalidArgument,
                $"The disk of VM '{disk.Id}' cannot be larger than {DiskMaker.Largest >> 40} TiB.");
        }
    }
}
