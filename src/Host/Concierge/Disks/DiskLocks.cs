using VmTools.Linux;

namespace VmTools.Host.Concierge.Disks;

/// <summary>The images that one VM uses, locked for it before any of them is written to, in the order of its disks.</summary>
internal sealed class DiskLocks : IAsyncDisposable
{
    private readonly List<DiskLock> _locks = [];

    public IEnumerable<FdHandle> Files => _locks.Select(taken => taken.File);

    /// <summary>The disks, and after them the root disk where the VM is to write to it.</summary>
    public static async Task<DiskLocks> TakeAsync(
        IReadOnlyList<StartDisk> disks, string? writableRoot, TimeProvider clock, CancellationToken cancel)
    {
        var taken = new DiskLocks();
        try
        {
            foreach (var disk in disks)
            {
                taken._locks.Add(await DiskLock.TakeAsync(disk.Path, disk.IsWritable, clock, cancel));
            }

            if (writableRoot is not null)
            {
                taken._locks.Add(await DiskLock.TakeAsync(writableRoot, isWritable: true, clock, cancel));
            }

            return taken;
        }
        catch
        {
            await taken.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        _locks.ForEach(taken => taken.Dispose());
        return ValueTask.CompletedTask;
    }
}
