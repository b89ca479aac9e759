using System.Buffers.Binary;

namespace VmTools.Virtio.Vsock.Packets;

/// <summary>
/// The 44 bytes before every vsock packet, little endian and packed (virtio 1.2, 5.10.6). Ports and CIDs are as the sender
/// sees them: source is the side that wrote the packet.
/// </summary>
internal readonly record struct VsockHeader
{
    public const int Size = 44;

    public const ulong HostCid = 2;

    /// <summary>The most payload one packet may carry: what Linux sends and no specification limits.</summary>
    public const int MaxPayload = 64 * 1024;

    public ulong SourceCid { get; init; }

    public ulong DestinationCid { get; init; }

    public uint SourcePort { get; init; }

    public uint DestinationPort { get; init; }

    public uint Length { get; init; }

    public VsockSocketType Type { get; init; }

    public VsockOperation Operation { get; init; }

    public uint Flags { get; init; }

    public uint BufferAllocated { get; init; }

    public uint ForwardCount { get; init; }

    /// <summary>Reads any 44 bytes: a header has no invalid form, only invalid values, which the reader's rules judge.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out VsockHeader header)
    {
        header = default;
        if (bytes.Length < Size)
        {
            return false;
        }

        header = new VsockHeader
        {
            SourceCid = BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            DestinationCid = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
            SourcePort = BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]),
            DestinationPort = BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]),
            Length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]),
            Type = (VsockSocketType)BinaryPrimitives.ReadUInt16LittleEndian(bytes[28..]),
            Operation = (VsockOperation)BinaryPrimitives.ReadUInt16LittleEndian(bytes[30..]),
            Flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]),
            BufferAllocated = BinaryPrimitives.ReadUInt32LittleEndian(bytes[36..]),
            ForwardCount = BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]),
        };
        return true;
    }

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, SourceCid);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], DestinationCid);
        BinaryPrimitives.WriteUInt32LittleEndian(to[16..], SourcePort);
        BinaryPrimitives.WriteUInt32LittleEndian(to[20..], DestinationPort);
        BinaryPrimitives.WriteUInt32LittleEndian(to[24..], Length);
        BinaryPrimitives.WriteUInt16LittleEndian(to[28..], (ushort)Type);
        BinaryPrimitives.WriteUInt16LittleEndian(to[30..], (ushort)Operation);
        BinaryPrimitives.WriteUInt32LittleEndian(to[32..], Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(to[36..], BufferAllocated);
        BinaryPrimitives.WriteUInt32LittleEndian(to[40..], ForwardCount);
    }

    /// <summary>
    /// The reset that answers this packet when no connection can: every address mirrored. A reset whose source is not the
    /// address the guest dialled is ignored by Linux, and its connect then waits for the time-out.
    /// </summary>
    public VsockHeader MirroredReset() => new()
    {
        SourceCid = DestinationCid,
        DestinationCid = SourceCid,
        SourcePort = DestinationPort,
        DestinationPort = SourcePort,
        Type = Type,
        Operation = VsockOperation.Reset,
    };
}

/// <summary>What a packet asks for. Values are the wire's (virtio 1.2, 5.10.6); anything else is a violation.</summary>
internal enum VsockOperation : ushort
{
    Invalid = 0,
    Request = 1,
    Response = 2,
    Reset = 3,
    Shutdown = 4,
    ReadWrite = 5,
    CreditUpdate = 6,
    CreditRequest = 7,
}

/// <summary>The socket type field of a packet. Only streams are offered; the field stays as read so that a reset can mirror it.</summary>
internal enum VsockSocketType : ushort
{
    Stream = 1,
    SequencedPacket = 2,
}

/// <summary>What the sender of a SHUTDOWN packet will do no more. Once said it stays said.</summary>
[Flags]
internal enum ShutdownFlags : uint
{
    None = 0,
    Receive = 1,
    Send = 2,
    Both = Receive | Send,
}
