using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Unit.Virtio.Vsock.Packets;

/// <summary>The payload of a packet, in memory of the test.</summary>
internal sealed class BytesPayload(byte[] bytes) : IGuestPayload
{
    public static readonly BytesPayload None = new([]);

    public int Length => bytes.Length;

    public bool TryCopy(int offset, Span<byte> to)
    {
        bytes.AsSpan(offset, to.Length).CopyTo(to);
        return true;
    }
}
