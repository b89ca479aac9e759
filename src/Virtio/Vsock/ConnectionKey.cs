namespace VmTools.Virtio.Vsock;

/// <summary>What tells connections of one guest apart.</summary>
internal readonly record struct ConnectionKey(uint HostPort, uint GuestPort);
