using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Device;

/// <summary>Starts the vsock devices: the edge to the programs that carry a VM's streams.</summary>
internal interface IDeviceLauncher
{
    /// <summary>Returns at once; the device is ready for the VMM when its task completes.</summary>
    LaunchedDevice Launch(VmPaths paths, LaunchedNetwork? network);
}

/// <summary>A device process and the moment from which a VMM can attach to it.</summary>
internal sealed record LaunchedDevice(IHostProcess Process, Task Ready);
