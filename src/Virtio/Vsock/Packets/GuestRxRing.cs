using VmTools.Linux;
using VmTools.Virtio.Rings;

namespace VmTools.Virtio.Vsock.Packets;

/// <summary>
/// The guest's rx ring as the bridge's receiver. The ring refuses buffers too small for a header and a byte, so every held
/// one can carry any packet; several descriptors per buffer are fine.
/// </summary>
internal sealed class GuestRxRing : IGuestReceiver
{
    private const int MaxHeld = 16;

    private readonly DescriptorChain[] _held = new DescriptorChain[MaxHeld];
    private SplitRing? _ring;
    private int _count;
    private int _next;

    /// <summary>How many packets were sent since the start: the device sees by it whether serving made progress.</summary>
    public long Sent { get; private set; }

    public void Start(SplitRing ring) => _ring = ring;

    public void Stop() => _ring = null;

    public int Reserve(int count)
    {
        _next = 0;
        _count = 0;
        while (_ring is not null && _count < Math.Min(count, MaxHeld) && _ring.TryPop(out _held[_count]))
        {
            _count++;
        }

        if (_ring is not { IsRunning: true })
        {
            // The last look may have found the ring broken; nothing can be sent through it any more.
            _count = 0;
        }

        return _count;
    }

    public int CapacityOf(int index) => (int)Math.Min(_held[index].WritableLength - VsockHeader.Size, VsockHeader.MaxPayload);

    public void Send(in VsockHeader header)
    {
        Span<byte> bytes = stackalloc byte[VsockHeader.Size];
        header.Write(bytes);
        var chain = _held[_next++];
        chain.TryCopyIn(0, bytes);
        _ring!.PushUsed(chain.Head, VsockHeader.Size + header.Length);
        Sent++;
    }

    public void Release()
    {
        _ring?.UnPop(_count - _next);
        _next = _count;
    }

    /// <summary>
    /// Names the payload space of the first <paramref name="packets"/> held buffers, up to <paramref name="bytes"/> in all.
    /// </summary>
    public int Gather(int packets, int bytes, Span<IoVector> to)
    {
        var vectors = 0;
        for (var i = 0; i < packets && bytes > 0 && vectors < to.Length; i++)
        {
            var length = Math.Min(CapacityOf(i), bytes);
            vectors += _held[i].GetWritable(VsockHeader.Size, (uint)length, to[vectors..]);
            bytes -= length;
        }

        return vectors;
    }
}
