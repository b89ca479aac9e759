using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms;

/// <summary>The record of a VM, removed with it.</summary>
internal sealed class RecordReservation(VmRecords records, VmId id) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        records.Remove(id);
        return ValueTask.CompletedTask;
    }
}
