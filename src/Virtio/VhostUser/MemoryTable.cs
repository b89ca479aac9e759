using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using VmTools.Virtio.Memory;

namespace VmTools.Virtio.VhostUser;

/// <summary>The list of memory regions (vhost-user: multiple memory regions description).</summary>
public static class MemoryTable
{
    private const int HeaderSize = 8;
    private const int RegionSize = 32;

    /// <summary>Reads a table. A longer payload is allowed: User-Mode Linux always sends room for two regions.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out MemoryRegion[]? regions)
    {
        regions = null;
        if (bytes.Length < HeaderSize)
        {
            return false;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (count is 0 or > GuestMemory.MaxRegions || bytes.Length < HeaderSize + (RegionSize * (int)count))
        {
            return false;
        }

        regions = new MemoryRegion[count];
        for (var i = 0; i < regions.Length; i++)
        {
            var one = bytes[(HeaderSize + (RegionSize * i))..];
            regions[i] = new MemoryRegion(
                GuestAddress: BinaryPrimitives.ReadUInt64LittleEndian(one),
                Size: BinaryPrimitives.ReadUInt64LittleEndian(one[8..]),
                UserAddress: BinaryPrimitives.ReadUInt64LittleEndian(one[16..]),
                FileOffset: BinaryPrimitives.ReadUInt64LittleEndian(one[24..]));
        }

        return true;
    }

    public static byte[] Write(IReadOnlyList<MemoryRegion> regions)
    {
        var bytes = new byte[HeaderSize + (RegionSize * regions.Count)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)regions.Count);
        for (var i = 0; i < regions.Count; i++)
        {
            var one = bytes.AsSpan(HeaderSize + (RegionSize * i));
            BinaryPrimitives.WriteUInt64LittleEndian(one, regions[i].GuestAddress);
            BinaryPrimitives.WriteUInt64LittleEndian(one[8..], regions[i].Size);
            BinaryPrimitives.WriteUInt64LittleEndian(one[16..], regions[i].UserAddress);
            BinaryPrimitives.WriteUInt64LittleEndian(one[24..], regions[i].FileOffset);
        }

        return bytes;
    }
}
