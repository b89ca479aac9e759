using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Vms;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>
/// Ends a VMM: 1. it is asked over its control socket, 2. SIGTERM, 3. SIGKILL. Each step has a limit, and the end of the VMM ends the
/// sequence at any of them.
/// </summary>
internal sealed class VmmEnd(IVmmLauncher vmms, TimeProvider clock)
{
    /// <summary>How long a VMM may take to end after each request; it writes what it holds of its disks.</summary>
    public static readonly TimeSpan ExitLimit = TimeSpan.FromSeconds(10);

    /// <summary>The same for a VMM whose guest has nothing to lose: its start failed, or it cannot be reached.</summary>
    public static readonly TimeSpan BriefLimit = TimeSpan.FromSeconds(2);

    /// <summary>A VMM takes a request at once, unless it hangs.</summary>
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(3);

    /// <summary>Whether the VMM has ended. It may take <paramref name="limit"/> to follow the request on its control socket.</summary>
    public async Task<bool> RunAsync(VmRecord record, IHostProcess vmm, TimeSpan limit)
    {
        // 1.
        if (vmm.Ended.IsCompleted || (await TryQuitAsync(record) && await vmm.EndsWithinAsync(limit, clock)))
        {
            return true;
        }

        // 2.
        vmm.Signal(Signal.Term);
        if (await vmm.EndsWithinAsync(RequestLimit, clock))
        {
            return true;
        }

        // 3.
        vmm.Signal(Signal.Kill);
        return await vmm.EndsWithinAsync(ExitLimit, clock);
    }

    /// <summary>Asks a VMM that may be known by its control socket only; false where there is none that takes the request.</summary>
    public async Task<bool> TryQuitAsync(VmRecord record)
    {
        using var deadline = new CancellationTokenSource(RequestLimit, clock);
        try
        {
            await vmms.QuitAsync(record.BackEnd, record.ControlSocket, deadline.Token);
            return true;
        }
        catch (Exception refused) when (refused is VmToolsException or IOException or OperationCanceledException)
        {
            return false;
        }
    }
}

/// <summary>A VMM process: giving it back ends it, unless it has ended by itself or in a proper shutdown.</summary>
internal sealed class VmmReservation(IHostProcess process, VmRecord record, VmmEnd end) : IAsyncDisposable
{
    public async ValueTask DisposeAsync() => await end.RunAsync(record, process, VmmEnd.BriefLimit);
}
