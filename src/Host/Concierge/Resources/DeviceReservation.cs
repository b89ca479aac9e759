using VmTools.Host.Concierge.Vms;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Concierge.Resources;

/// <summary>A vsock device and its registration. It ends by itself when the VMM has gone; whatever does not is made to.</summary>
internal sealed class DeviceReservation(IHostProcess process, Cid cid, DeviceDirectory directory, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>A device that loses its VMM only has sockets to close.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    public async ValueTask DisposeAsync()
    {
        directory.Unregister(cid);
        process.Signal(Signal.Term);
        if (!await EndsAsync())
        {
            process.Signal(Signal.Kill);
            await EndsAsync();
        }
    }

    private async Task<bool> EndsAsync()
    {
        try
        {
            await process.Ended.WaitAsync(Grace, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
