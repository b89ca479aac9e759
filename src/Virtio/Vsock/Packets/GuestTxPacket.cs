using VmTools.Linux;
using VmTools.Virtio.Rings;

namespace VmTools.Virtio.Vsock.Packets;

/// <summary>
/// The packet just taken from the guest's tx ring. Its header is copied out once and only the copy is judged; the payload
/// stays in guest memory, which the guest may change at will without harm: nothing in it is read twice or interpreted.
/// </summary>
internal sealed class GuestTxPacket : IGuestPayload
{
    private DescriptorChain _chain;

    public int Length { get; private set; }

    /// <summary>False when there is no header. A header that claims more payload than there is comes with no payload.</summary>
    public bool TryTake(in DescriptorChain chain, out VsockHeader header, out bool isWhole)
    {
        Span<byte> bytes = stackalloc byte[VsockHeader.Size];
        _chain = chain;
        Length = 0;
        isWhole = false;
        header = default;
        if (!chain.TryCopyOut(0, bytes) || !VsockHeader.TryRead(bytes, out header))
        {
            return false;
        }

        isWhole = header.Length <= VsockHeader.MaxPayload && header.Length <= chain.ReadableLength - VsockHeader.Size;
        Length = isWhole ? (int)header.Length : 0;
        return true;
    }

    public bool TryCopy(int offset, Span<byte> to) => _chain.TryCopyOut((uint)(VsockHeader.Size + offset), to);

    /// <summary>Names the payload from <paramref name="offset"/> on, as far as there is room.</summary>
    public int Gather(int offset, Span<IoVector> to) =>
        _chain.GetReadable((uint)(VsockHeader.Size + offset), (uint)(Length - offset), to);
}
