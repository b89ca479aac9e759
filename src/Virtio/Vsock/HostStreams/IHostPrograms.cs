namespace VmTools.Virtio.Vsock.HostStreams;

/// <summary>The host programs that listen for this guest.</summary>
internal interface IHostPrograms
{
    /// <summary>Connects to the listener of a port on behalf of the guest's port; null when no program listens there.</summary>
    IHostStream? TryDial(uint hostPort, uint guestPort);
}
