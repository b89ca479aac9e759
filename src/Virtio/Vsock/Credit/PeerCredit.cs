namespace VmTools.Virtio.Vsock.Credit;

/// <summary>
/// What we may still send to the guest on one connection: the receive space it claims, less what is on the way. Counters are
/// modulo 2^32 (virtio 1.2, 5.10.6.3); the differences are computed in 64 bits so that no claim can make them negative.
/// </summary>
internal sealed class PeerCredit(uint believedAtMost)
{
    /// <summary>The overhead that newer kernels charge for a queued packet.</summary>
    public const int PacketOverhead = 640;

    /// <summary>Linux reports consumed bytes unasked only once its sender's view falls below this.</summary>
    private const int UnaskedUpdateBelow = 64 * 1024;

    private const uint WorthAPacket = 2048;

    private readonly PacketLedger _packets = new();
    private uint _claimed;
    private uint _allocated;
    private uint _largest;
    private uint _sent;
    private uint _forwarded;
    private long _sentEver;

    /// <summary>Bytes sent and not reported as read.</summary>
    public uint Outstanding => _sent - _forwarded;

    public int PacketsOutstanding => _packets.Count;

    /// <summary>Payload bytes that one more packet may carry; never negative.</summary>
    public int Free => FreeAfter(0, 0);

    /// <summary>
    /// True when the guest will report consumption by itself. Where it need not, because we hold back earlier than its own
    /// arithmetic would, the device must ask.
    /// </summary>
    public bool PeerReportsUnasked => (long)_claimed - Outstanding < UnaskedUpdateBelow;

    /// <summary>What a further packet may carry once <paramref name="packets"/> with <paramref name="bytes"/> went out.</summary>
    public int FreeAfter(int bytes, int packets)
    {
        var onTheWay = (long)Outstanding + bytes;
        var queued = _packets.Count + packets;
        if (queued == 0)
        {
            // An empty way is always open, or a small receive space could never get its first byte.
            return (int)Math.Min(_allocated, int.MaxValue);
        }

        var free = _allocated - onTheWay - ((long)PacketOverhead * (queued + 1));
        // A nearly full way would be filled up with crumbs, each charged as a packet: wait for a worthwhile space.
        return free < Math.Min(WorthAPacket, _allocated / 4) ? 0 : (int)Math.Max(0, free);
    }

    public void Sent(int bytes)
    {
        _sent += (uint)bytes;
        _sentEver += bytes;
        _packets.Add(_sent);
    }

    /// <summary>
    /// Takes the two credit fields that every packet carries. False when they cannot be true: more read than was sent.
    /// Two threads of a Linux guest may queue their packets in the other order, so a slightly old count is not a lie.
    /// </summary>
    public bool TryUpdate(uint allocated, uint forwarded)
    {
        var outstanding = _sent - forwarded;
        if (outstanding > Math.Min(_sentEver, Math.Max(_largest, Outstanding)))
        {
            return false;
        }

        _claimed = allocated;
        _allocated = Math.Min(allocated, believedAtMost);
        _largest = Math.Max(_largest, _allocated);
        if (outstanding <= Outstanding)
        {
            _forwarded = forwarded;
            _packets.RetireUpTo(forwarded);
        }

        return true;
    }
}
