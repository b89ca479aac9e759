using System.Buffers.Binary;

namespace VmTools.Virtio.VhostUser;

/// <summary>
/// The twelve bytes before each message's payload: request, flags, payload size (vhost-user specification, message header). Integers
/// of this protocol are in the machine's own order, which on every machine we run on is little endian.
/// </summary>
public readonly record struct VhostHeader(VhostRequest Request, uint Flags, uint PayloadLength)
{
    public const int Size = 12;

    private const uint Version = 1;
    private const uint VersionMask = 3;
    private const uint Reply = 1 << 2;
    private const uint NeedReply = 1 << 3;

    public bool HasKnownVersion => (Flags & VersionMask) == Version;

    public bool IsReply => (Flags & Reply) != 0;

    public bool NeedsReply => (Flags & NeedReply) != 0;

    public static VhostHeader Ask(VhostRequest request, uint payloadLength, bool needsReply) =>
        new(request, Version | (needsReply ? NeedReply : 0), payloadLength);

    public static VhostHeader ReplyTo(VhostRequest request, uint payloadLength) => new(request, Version | Reply, payloadLength);

    public static VhostHeader Read(ReadOnlySpan<byte> bytes) => new(
        (VhostRequest)BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)Request);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(to[8..], PayloadLength);
    }
}
