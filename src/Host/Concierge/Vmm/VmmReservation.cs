using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>A VMM process: giving it back ends it, unless it has ended by itself or in a proper shutdown.</summary>
internal sealed class VmmReservation(IHostProcess process, VmRecord record, ShutdownSequence shutdown) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await shutdown.EndAsync(record, process, ShutdownSequence.BriefLimit);
}
