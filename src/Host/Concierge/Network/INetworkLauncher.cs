using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.GuestText;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Network;

/// <summary>Starts the user-mode networks: the edge to the programs that carry a guest's packets to the internet.</summary>
internal interface INetworkLauncher
{
    /// <summary>Null where this host has no such program; the VMM's own network has to do then.</summary>
    LaunchedNetwork? Launch(VmPaths paths, bool reachesHostLoopback);
}

/// <summary>A network process, and the descriptors that have to reach the VM's other processes: disposing closes ours of them.</summary>
internal sealed record LaunchedNetwork(IHostProcess Process) : IDisposable
{
    /// <summary>The guest's network card, one Ethernet frame a message, for the VMM.</summary>
    public required FdHandle VmmEnd { get; init; }

    /// <summary>The other end, for the device, which passes on what may leave the VM.</summary>
    public required FdHandle DeviceEnd { get; init; }

    /// <summary>The network ends when the last holder closes this: the device holds it as long as it lives.</summary>
    public required FdHandle Life { get; init; }

    /// <exception cref="VmToolsException">The program has ended already: the guest would have no network.</exception>
    public void ThrowIfEnded(VmPaths paths)
    {
        if (Process.Ended.IsCompletedSuccessfully)
        {
            throw new VmToolsException(
                ErrorKind.Unavailable,
                $"The user-mode network of VM '{paths.Id}' {Process.Ended.Result}."
                + LogTail.Quote("It says", paths.NetworkLog, lines: 4));
        }
    }

    public void Dispose()
    {
        VmmEnd.Dispose();
        DeviceEnd.Dispose();
        Life.Dispose();
    }
}

/// <summary>A VM's user-mode network. It ends by itself with the device, which holds its life; one that does not is made to.</summary>
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
