using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.Traffic;

/// <summary>Puts the packets of connections into the guest's rx buffers. Each tells the guest how much of its data was delivered.</summary>
internal sealed class RxPackets(ulong guestCid, IGuestReceiver receiver)
{
    public IGuestReceiver Receiver => receiver;

    /// <summary>Sends one packet into the next reserved buffer, which holds <paramref name="length"/> bytes of payload already.</summary>
    public void Send(VsockConnection connection, VsockOperation operation, int length = 0, ShutdownFlags flags = ShutdownFlags.None)
    {
        var window = connection.HostBound.Window;
        window.Told();
        connection.Settle(RxTurn.CreditUpdate);
        receiver.Send(new VsockHeader
        {
            SourceCid = VsockHeader.HostCid,
            DestinationCid = guestCid,
            SourcePort = connection.Key.HostPort,
            DestinationPort = connection.Key.GuestPort,
            Length = (uint)length,
            Type = VsockSocketType.Stream,
            Operation = operation,
            Flags = (uint)flags,
            BufferAllocated = window.BufferAllocated,
            ForwardCount = window.ForwardCount,
        });
    }
}
