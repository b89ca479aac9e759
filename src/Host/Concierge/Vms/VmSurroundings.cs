using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.Instance;

namespace VmTools.Host.Concierge.Vms;

/// <summary>What every VM's owner needs besides its own VM.</summary>
internal sealed record VmSurroundings(VmRegistry Registry, IVmEvents News, ShutdownSequence Shutdown, InstanceDirectories Directories)
{
    public required VmEndings Endings { get; init; }

    public required IVmmLauncher Vmms { get; init; }

    public required IGuestConnector Guests { get; init; }

    public required TimeProvider Clock { get; init; }
}
