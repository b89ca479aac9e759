using VmTools.Host.Concierge.Device;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>Launches the processes of a VM: its user-mode network, its vsock device and its VMM. Each is held as soon as it runs.</summary>
internal sealed class VmProcesses(INetworkLauncher networks, IDeviceLauncher devices, IVmmLauncher vmms, VmHoldings holdings)
{
    /// <summary>Null where the VMM has a network of its own.</summary>
    public LaunchedNetwork? LaunchNetwork(StartPlan plan, VmPaths paths, Reservations held)
    {
        var network = plan.BackEnd.TakesFrames ? networks.Launch(paths, plan.Spec.ReachesHostLoopback) : null;
        if (network is not null)
        {
            holdings.HoldNetwork(network.Process, held);
        }

        return network;
    }

    /// <summary>Returns at once; the device is ready for the VMM when its task completes.</summary>
    public LaunchedDevice LaunchDevice(VmPaths paths, LaunchedNetwork? network, Reservations held)
    {
        var device = devices.Launch(paths, network);
        holdings.HoldDevice(device.Process, paths.Cid, held);
        holdings.Register(device.Process, paths.Cid);
        return device;
    }

    public IHostProcess LaunchVmm(StartPlan plan, VmmConfiguration configuration, VmPaths paths, VmRecord record, Reservations held)
    {
        var vmm = vmms.Launch(plan.BackEnd, configuration, paths.VmmLog);
        holdings.HoldVmm(vmm, record, held);
        return vmm;
    }
}
