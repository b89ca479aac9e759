namespace VmTools.Virtio.Vsock.Credit;

/// <summary>
/// What the guest may still send us on one connection, and when it is worth telling it that the host has taken some.
/// Forwarded means delivered to the host socket, not received: the space between is what our buffer must hold.
/// </summary>
internal sealed class ReceiveWindow(int allocated)
{
    private uint _received;
    private uint _forwarded;
    private uint _told;

    public uint BufferAllocated => (uint)allocated;

    public uint ForwardCount => _forwarded;

    /// <summary>Bytes received and not yet delivered.</summary>
    public int Held => (int)(_received - _forwarded);

    /// <summary>
    /// True when a CREDIT_UPDATE is due: half the space was freed, or the guest is running short and an eighth was. The
    /// guest never waits for ever: by the time its view is used up and we have delivered, one of the two holds.
    /// </summary>
    public bool IsUpdateDue
    {
        get
        {
            var freed = (int)(_forwarded - _told);
            var view = allocated - (int)(_received - _told);
            return freed >= allocated / 2 || (view < allocated / 4 && freed >= allocated / 8);
        }
    }

    /// <summary>False when the guest sends beyond what it was promised.</summary>
    public bool TryReceive(int bytes)
    {
        if (bytes > allocated - Held)
        {
            return false;
        }

        _received += (uint)bytes;
        return true;
    }

    public void Forwarded(int bytes) => _forwarded += (uint)bytes;

    /// <summary>Every packet to the guest carries the count; having sent one is having told.</summary>
    public void Told() => _told = _forwarded;
}
