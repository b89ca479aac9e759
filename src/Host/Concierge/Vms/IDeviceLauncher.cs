using VmTools.Host.Concierge.Network;

namespace VmTools.Host.Concierge.Vms;

/// <summary>Starts the vsock devices: the edge to the programs that carry a VM's streams.</summary>
internal interface IDeviceLauncher
{
    /// <summary>Returns at once; the device is ready for the VMM when its task completes.</summary>
    LaunchedDevice Launch(VmPlaces places, LaunchedNetwork? network);
}
