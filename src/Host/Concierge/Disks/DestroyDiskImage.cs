using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Disks;

/// <summary>
/// DestroyDiskImage: stops the VM if it runs, then deletes its disk. No start can come in between, and a disk that is in use all the
/// same, by a VM of which this daemon does not know, is kept: its lock tells. <paramref name="stopVm"/> returns when the VM has ended.
/// </summary>
internal sealed class DestroyDiskImage(
    DiskOperations operations, DiskStore store, Func<VmId, CancellationToken, Task> stopVm, TimeProvider clock)
{
    public async Task<DiskOutcome> RunAsync(VmId id, CancellationToken cancel)
    {
        using var busy = operations.Begin(id);
        await stopVm(id, cancel);
        if (!store.Exists(id))
        {
            return new DiskOutcome(DiskStatus.DoesNotExist) { Reason = $"VM '{id}' has no disk image." };
        }

        using var kept = await DiskLock.TakeAsync(store.PathOf(id), isWritable: true, clock, cancel);
        try
        {
            store.Delete(id);
            return new DiskOutcome(DiskStatus.Destroyed);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied,
                $"The disk {store.PathOf(id)} cannot be deleted: {refused.Message}",
                refused);
        }
    }
}
