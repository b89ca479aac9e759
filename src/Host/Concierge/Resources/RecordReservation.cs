using VmTools.Host.Concierge.Vms;

namespace VmTools.Host.Concierge.Resources;

/// <summary>The record of a VM, removed with it.</summary>
internal sealed class RecordReservation(VmRecords records, VmId id) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        records.Remove(id);
        return ValueTask.CompletedTask;
    }
}
