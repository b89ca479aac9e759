using VmTools.Host.Concierge.Vms;
using VmTools.Linux;

namespace VmTools.Host.Concierge.Network;

/// <summary>A VM's user-mode network. It ends by itself with the device, which holds its life; whatever does not is made to.</summary>
internal sealed class NetworkReservation(IHostProcess process, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>It has nothing to save.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    public async ValueTask DisposeAsync()
    {
        process.Signal(Signal.Term);
        try
        {
            await process.Ended.WaitAsync(Grace, clock);
        }
        catch (TimeoutException)
        {
            process.Signal(Signal.Kill);
        }
    }
}
