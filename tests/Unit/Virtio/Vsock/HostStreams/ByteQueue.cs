namespace VmTools.Unit.Virtio.Vsock.HostStreams;

/// <summary>Bytes first in first out.</summary>
internal sealed class ByteQueue
{
    private byte[] _bytes = new byte[256];
    private int _first;

    public int Count { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_first + Count + bytes.Length > _bytes.Length)
        {
            var larger = new byte[Math.Max(_bytes.Length, (Count + bytes.Length) * 2)];
            _bytes.AsSpan(_first, Count).CopyTo(larger);
            (_bytes, _first) = (larger, 0);
        }

        bytes.CopyTo(_bytes.AsSpan(_first + Count));
        Count += bytes.Length;
    }

    public ReadOnlySpan<byte> Read(int count)
    {
        var taken = Math.Min(count, Count);
        var bytes = _bytes.AsSpan(_first, taken);
        Count -= taken;
        _first = Count == 0 ? 0 : _first + taken;
        return bytes;
    }

    public ReadOnlySpan<byte> ReadAll() => Read(Count);
}
