namespace VmTools.Virtio.Vsock.Packets;

/// <summary>
/// The buffers in which the guest receives packets. Some are reserved, payload may be read straight into them, then
/// each is sent with its header in the order of reservation, and the rest are released: one packet, one buffer.
/// </summary>
internal interface IGuestReceiver
{
    /// <summary>Holds up to <paramref name="count"/> buffers and says how many there are.</summary>
    int Reserve(int count);

    /// <summary>How many payload bytes fit behind the header of a held buffer; zero for one that can hold none.</summary>
    int CapacityOf(int index);

    /// <summary>Completes the next held buffer. The payload, if any, is already in it.</summary>
    void Send(in VsockHeader header);

    /// <summary>Gives back what is still held, unused.</summary>
    void Release();
}
