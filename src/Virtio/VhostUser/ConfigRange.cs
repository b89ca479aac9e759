using System.Buffers.Binary;

namespace VmTools.Virtio.VhostUser;

/// <summary>A piece of the device's configuration space (vhost-user: virtio device config space): offset, size, flags, bytes.</summary>
public readonly record struct ConfigRange(uint Offset, uint Length)
{
    public const int HeaderSize = 12;

    /// <summary>The most bytes of configuration a message carries (VHOST_USER_MAX_CONFIG_SIZE).</summary>
    public const int MaxLength = 256;

    public static bool TryRead(ReadOnlySpan<byte> bytes, out ConfigRange range)
    {
        range = default;
        if (bytes.Length < HeaderSize)
        {
            return false;
        }

        range = new ConfigRange(BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
        return range.Length is > 0 and <= MaxLength
            && range.Offset <= MaxLength - range.Length
            && bytes.Length == HeaderSize + range.Length;
    }
}
