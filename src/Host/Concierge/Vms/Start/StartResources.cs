using VmTools.Host.Concierge.Device;
using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.HostFacts;
using VmTools.Host.Instance;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>What a start takes from.</summary>
internal sealed record StartResources
{
    public required InstanceDirectories Directories { get; init; }

    public required IVmmLauncher Vmms { get; init; }

    public required IDeviceLauncher Devices { get; init; }

    public required INetworkLauncher Networks { get; init; }

    public required IGuestConnector Guests { get; init; }

    public required GuestImages Images { get; init; }

    public required HostMemory Memory { get; init; }

    /// <summary>What a VM is given that nobody chose a size for.</summary>
    public required long MemoryMiB { get; init; }

    public required Cids Cids { get; init; }

    public required VmRecords Records { get; init; }

    public required DeviceDirectory DeviceDirectory { get; init; }

    public required DiskPreparation Disks { get; init; }

    public required OwnDisk OwnDisk { get; init; }

    public required PendingGuests Pending { get; init; }

    public required ShutdownSequence Shutdown { get; init; }

    /// <summary>Sees to it that somebody takes the guest's logs and crashes; what fails there is no failure of the start.</summary>
    public Func<Task> EnsureCompanions { get; init; } = static () => Task.CompletedTask;
}
