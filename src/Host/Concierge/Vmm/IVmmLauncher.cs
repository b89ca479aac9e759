using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>The VMMs of this host as processes: the edge to what really runs virtual machines.</summary>
internal interface IVmmLauncher
{
    /// <summary>The back end new VMs get; an exception with the next step when the host has none.</summary>
    IVmmBackEnd Choose();

    IHostProcess Launch(IVmmBackEnd backEnd, VmmConfiguration configuration, string log);

    /// <summary>Asks over the control socket, in the language of the back end that started the VMM.</summary>
    Task QuitAsync(string? backEnd, string controlSocket, CancellationToken cancel);

    /// <summary>Listens to the VMM of a VM; null where it tells nothing. A VMM that does not answer is a VmToolsException.</summary>
    Task<IVmmMonitor?> MonitorAsync(VmRecord record, CancellationToken cancel);
}
