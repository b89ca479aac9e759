using VmTools.Host.Concierge.Disks;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>
/// The disk that a start makes for a VM that has none. It is marked as new until the VM has run: a start that fails takes it away
/// again, and where vm_concierge ends in between the next one does.
/// </summary>
internal sealed class OwnDisk(DiskOperations operations, DiskStore store, DiskMaker maker)
{
    /// <summary>The path of the VM's disk, which is made where it is absent.</summary>
    /// <exception cref="DiskBusyException">It is being made or destroyed.</exception>
    public async Task<string> EnsureAsync(VmId id, VmType type, Reservations held, CancellationToken cancel)
    {
        using var busy = operations.Begin(id);
        if (!store.Exists(id))
        {
            held.Hold(new NewDiskReservation(store, id)).Mark();
            await maker.MakeAsync(new NewDisk(id) { IsSparse = true, Type = type }, cancel);
        }

        return store.PathOf(id);
    }

    /// <summary>The VM has run: from now on the disk stays.</summary>
    public void Keep(VmId id) => store.ForgetNew(id);

    /// <summary>The mark, and as long as it is there the disk.</summary>
    private sealed class NewDiskReservation(DiskStore store, VmId id) : IAsyncDisposable
    {
        public void Mark()
        {
            try
            {
                store.MarkNew(id);
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                throw new VmToolsException(
                    ErrorKind.ResourceExhausted,
                    $"The disk of VM '{id}' cannot be made at {store.PathOf(id)}: {refused.Message} Make room there and try again.",
                    refused);
            }
        }

        public ValueTask DisposeAsync()
        {
            store.DeleteIfNew(id);
            return ValueTask.CompletedTask;
        }
    }
}
