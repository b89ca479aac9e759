using System.Buffers.Binary;
using VmTools.Virtio.Rings;

namespace VmTools.Virtio.VhostUser;

/// <summary>Where a ring lies, in the front end's addresses (vhost-user: vring address description). Used comes before available.</summary>
public readonly record struct VringAddresses(uint Index, RingAddresses Addresses)
{
    public const int Size = 40;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out VringAddresses read)
    {
        read = default;
        if (bytes.Length != Size)
        {
            return false;
        }

        read = new VringAddresses(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            new RingAddresses(
                Descriptors: BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
                Available: BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
                Used: BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..])));
        return true;
    }

    /// <summary>Writes the addresses; flags (dirty logging) and the log address stay zero.</summary>
    public void Write(Span<byte> to)
    {
        to[..Size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(to, Index);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], Addresses.Descriptors);
        BinaryPrimitives.WriteUInt64LittleEndian(to[16..], Addresses.Used);
        BinaryPrimitives.WriteUInt64LittleEndian(to[24..], Addresses.Available);
    }
}
