using VmTools.Host.Concierge.HostProcesses;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Concierge.Device;

/// <summary>A vsock device and its registration. It ends by itself when the VMM has gone; whatever does not is made to.</summary>
internal sealed class DeviceReservation(IHostProcess process, Cid cid, DeviceDirectory directory, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>A device that loses its VMM only has sockets to close.</summary>
    public async ValueTask DisposeAsync()
    {
        directory.Unregister(cid);
        await process.EndAsync(clock);
    }
}
