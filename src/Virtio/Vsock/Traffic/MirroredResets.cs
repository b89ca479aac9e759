using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.Traffic;

/// <summary>
/// Resets for packets that belong to no connection, waiting for rx buffers. When they are too many the oldest is forgotten: its
/// guest program has waited longest and has its own time limit, and the tx ring never waits for a place here.
/// </summary>
internal sealed class MirroredResets(ulong guestCid, int capacity, IVsockObserver observer)
{
    private readonly VsockHeader[] _waiting = new VsockHeader[capacity];
    private int _first;

    public int Count { get; private set; }

    /// <summary>Owes the guest a reset for a packet, and the log a line.</summary>
    public void Refuse(in VsockHeader header, VsockIncident why)
    {
        observer.Happened(why, ConnectionKey.Of(header));
        Answer(header);
    }

    /// <summary>Owes the guest a reset for a packet, unless the packet is one itself.</summary>
    public void Answer(in VsockHeader header)
    {
        if (header.Operation != VsockOperation.Reset && !Add(header.MirroredReset()))
        {
            observer.Happened(VsockIncident.ResetForgotten, ConnectionKey.Of(header));
        }
    }

    /// <summary>
    /// Takes over the reset of a connection that has waited too long for an rx buffer, so that its name and its place in the table
    /// become free.
    /// </summary>
    public void Inherit(ConnectionKey key) => _ = Add(new VsockHeader
    {
        SourceCid = VsockHeader.HostCid,
        DestinationCid = guestCid,
        SourcePort = key.HostPort,
        DestinationPort = key.GuestPort,
        Type = VsockSocketType.Stream,
        Operation = VsockOperation.Reset,
    });

    public bool TryTake(out VsockHeader reset)
    {
        reset = default;
        if (Count == 0)
        {
            return false;
        }

        reset = _waiting[_first];
        _first = (_first + 1) % capacity;
        Count--;
        return true;
    }

    public void Clear() => Count = 0;

    /// <summary>False when another reset was forgotten for this one.</summary>
    private bool Add(in VsockHeader reset)
    {
        var hasRoom = Count < capacity;
        if (!hasRoom)
        {
            _first = (_first + 1) % capacity;
            Count--;
        }

        _waiting[(_first + Count) % capacity] = reset;
        Count++;
        return hasRoom;
    }
}
