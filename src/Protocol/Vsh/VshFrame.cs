using System.Buffers.Binary;

namespace VmTools.Protocol.Vsh;

/// <summary>The framing of vsh: four bytes of length, little-endian, then one message of at most 4096 bytes.</summary>
public static class VshFrame
{
    public const int HeaderBytes = 4;

    /// <summary>The longest message, without its length; a longer one ends the connection.</summary>
    public const int MaxMessageBytes = 4096;

    /// <summary>The most that one message carries of a standard stream.</summary>
    public const int MaxDataBytes = 4000;

    /// <summary>
    /// Looks for a whole message at the start of what has been read. False where the length is beyond the limit: then the
    /// connection is of no more use. An incomplete message is true with a <paramref name="frameBytes"/> of zero.
    /// </summary>
    public static bool TryFind(ReadOnlySpan<byte> read, out ReadOnlySpan<byte> message, out int frameBytes)
    {
        message = default;
        frameBytes = 0;
        if (read.Length < HeaderBytes)
        {
            return true;
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(read);
        if (length > MaxMessageBytes)
        {
            return false;
        }

        if (read.Length - HeaderBytes >= length)
        {
            message = read.Slice(HeaderBytes, (int)length);
            frameBytes = HeaderBytes + (int)length;
        }

        return true;
    }

    /// <summary>Writes the length of the message that follows.</summary>
    public static void WriteHeader(Span<byte> to, int messageBytes) => BinaryPrimitives.WriteInt32LittleEndian(to, messageBytes);
}
