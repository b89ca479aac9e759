using System.Buffers.Binary;

namespace VmTools.Virtio.VhostUser;

/// <summary>Which ring a kick, call or error fd belongs to, and whether one comes at all (vhost-user: vring fd messages).</summary>
public readonly record struct VringFd(uint Index, bool HasNoFd)
{
    public const int Size = 8;

    private const ulong IndexMask = 0xFF;
    private const ulong NoFd = 1 << 8;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out VringFd vring)
    {
        vring = default;
        if (bytes.Length != Size)
        {
            return false;
        }

        var value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        vring = new VringFd((uint)(value & IndexMask), (value & NoFd) != 0);
        return (value & ~(IndexMask | NoFd)) == 0;
    }
}
