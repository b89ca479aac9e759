using System.Buffers.Binary;

namespace VmTools.Virtio.VhostUser;

/// <summary>A ring's index and one number: its size, base or whether it is enabled (vhost-user: vring state description).</summary>
public readonly record struct VringState(uint Index, uint Value)
{
    public const int Size = 8;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out VringState state)
    {
        state = default;
        if (bytes.Length != Size)
        {
            return false;
        }

        state = new VringState(BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
        return true;
    }

    public void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, Index);
        BinaryPrimitives.WriteUInt32LittleEndian(to[4..], Value);
    }
}
