using System.Buffers.Binary;

namespace VmTools.Protocol.Grpc;

/// <summary>One HTTP/2 frame (RFC 9113, section 4.1): nine bytes of header and a payload.</summary>
internal readonly record struct Http2Frame(Http2FrameType Type, Http2FrameFlags Flags, uint Stream, ReadOnlyMemory<byte> Payload)
{
    public const int HeaderBytes = 9;

    /// <summary>What every peer must take, and the most we take.</summary>
    public const int MaxPayloadBytes = 16384;

    public bool Has(Http2FrameFlags flag) => (Flags & flag) != 0;

    /// <summary>Appends the frame to what is to be sent.</summary>
    public void WriteTo(MemoryStream to)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt32BigEndian(header, Payload.Length << 8);
        header[3] = (byte)Type;
        header[4] = (byte)Flags;
        BinaryPrimitives.WriteUInt32BigEndian(header[5..], Stream);
        to.Write(header);
        to.Write(Payload.Span);
    }

    /// <summary>Null when the peer sends a frame that is too long; ends of the stream throw.</summary>
    public static async ValueTask<Http2Frame?> ReadAsync(Stream from, CancellationToken cancel)
    {
        var header = new byte[HeaderBytes];
        await from.ReadExactlyAsync(header, cancel);
        var length = (int)(BinaryPrimitives.ReadUInt32BigEndian(header) >> 8);
        if (length > MaxPayloadBytes)
        {
            return null;
        }

        var payload = new byte[length];
        await from.ReadExactlyAsync(payload, cancel);
        var stream = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(5)) & 0x7fff_ffff;
        return new Http2Frame((Http2FrameType)header[3], (Http2FrameFlags)header[4], stream, payload);
    }

    /// <summary>
    /// The payload of a DATA or HEADERS frame without padding and priority; false when the lengths contradict each other.
    /// </summary>
    public bool TryGetContent(out ReadOnlyMemory<byte> content)
    {
        content = Payload;
        var padding = 0;
        if (Has(Http2FrameFlags.Padded))
        {
            if (content.IsEmpty)
            {
                return false;
            }

            padding = content.Span[0];
            content = content[1..];
        }

        if (Type == Http2FrameType.Headers && Has(Http2FrameFlags.Priority))
        {
            if (content.Length < 5)
            {
                return false;
            }

            content = content[5..];
        }

        if (padding > content.Length)
        {
            return false;
        }

        content = content[..^padding];
        return true;
    }
}
