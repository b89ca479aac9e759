using VmTools.Host.Concierge.Vms;

namespace VmTools.Host.Concierge.Resources;

/// <summary>A VMM process: giving it back ends it, unless it has ended by itself or in a proper shutdown.</summary>
internal sealed class VmmReservation(IHostProcess process, VmRecord record, ShutdownSequence shutdown) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await shutdown.EndAsync(record, process, ShutdownSequence.BriefLimit);
}
