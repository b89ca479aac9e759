using VmTools.Host.Concierge.HostProcesses;
using VmTools.Linux;

namespace VmTools.Host.Concierge.Network;

/// <summary>A VM's user-mode network. It ends by itself with the device, which holds its life; whatever does not is made to.</summary>
internal sealed class NetworkReservation(IHostProcess process, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>
    /// While it waits for the connection it is two processes, the second of which knows nothing of the first's end; they are one group,
    /// whose number belongs to it for as long as the first is there.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.Ended.IsCompleted)
        {
            Processes.SignalGroup(process.Pid, Signal.Term);
        }

        await process.EndAsync(clock);
    }
}
