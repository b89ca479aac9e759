using VmTools.Protocol.Messages.Vsh;

namespace VmTools.Protocol.Vsh;

/// <summary>
/// Data messages without the generated code, which would allocate for each of them. GuestMessage and HostMessage have them
/// in the same field, so both directions look alike: 0A len (08 stream) (12 len bytes).
/// </summary>
public static class VshData
{
    /// <summary>What a frame takes besides its data at most: the header, two lengths of two bytes, three tags and a stream.</summary>
    public const int OverheadBytes = VshFrame.HeaderBytes + 8;

    /// <summary>The longest frame of a data message.</summary>
    public const int MaxFrameBytes = OverheadBytes + VshFrame.MaxDataBytes;

    private const byte MessageTag = 0x0a;
    private const byte StreamTag = 0x08;
    private const byte DataTag = 0x12;

    /// <summary>
    /// Writes bytes of a stream as frames, as many as fit into <paramref name="to"/>, and says how much was taken and
    /// written. No bytes at all make one empty frame, which is the end of the stream.
    /// </summary>
    public static int Write(StdioStream stream, ReadOnlySpan<byte> data, Span<byte> to, out int taken)
    {
        taken = 0;
        var written = 0;
        do
        {
            var count = Math.Min(data.Length - taken, VshFrame.MaxDataBytes);
            if (to.Length - written < OverheadBytes + count)
            {
                break;
            }

            written += WriteOne(stream, data.Slice(taken, count), to[written..]);
            taken += count;
        }
        while (taken < data.Length);
        return written;
    }

    /// <summary>
    /// Reads a data message of the usual form. False for every other message, among them unusual forms of data messages,
    /// which the generated parser reads.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out StdioStream stream, out ReadOnlySpan<byte> data)
    {
        stream = default;
        data = default;
        if (!TryTag(ref message, MessageTag) || !TryLength(ref message, out var inner) || inner != message.Length)
        {
            return false;
        }

        if (TryTag(ref message, StreamTag))
        {
            if (message.IsEmpty || message[0] > (byte)StdioStream.StderrStream)
            {
                return false;
            }

            stream = (StdioStream)message[0];
            message = message[1..];
        }

        if (message.IsEmpty)
        {
            return true;
        }

        if (!TryTag(ref message, DataTag) || !TryLength(ref message, out var length) || length != message.Length)
        {
            return false;
        }

        data = message;
        return true;
    }

    private static int WriteOne(StdioStream stream, ReadOnlySpan<byte> data, Span<byte> to)
    {
        var dataField = data.IsEmpty ? 0 : 1 + LengthBytes(data.Length) + data.Length;
        var inner = 2 + dataField;
        VshFrame.WriteHeader(to, 1 + LengthBytes(inner) + inner);
        var at = VshFrame.HeaderBytes;
        to[at++] = MessageTag;
        at += WriteLength(to[at..], inner);
        to[at++] = StreamTag;
        to[at++] = (byte)stream;
        if (!data.IsEmpty)
        {
            to[at++] = DataTag;
            at += WriteLength(to[at..], data.Length);
            data.CopyTo(to[at..]);
        }

        return at + data.Length;
    }

    private static int LengthBytes(int length) => length < 0x80 ? 1 : 2;

    private static int WriteLength(Span<byte> to, int length)
    {
        if (length < 0x80)
        {
            to[0] = (byte)length;
            return 1;
        }

        to[0] = (byte)(length | 0x80);
        to[1] = (byte)(length >> 7);
        return 2;
    }

    private static bool TryTag(ref ReadOnlySpan<byte> message, byte tag)
    {
        if (message.IsEmpty || message[0] != tag)
        {
            return false;
        }

        message = message[1..];
        return true;
    }

    private static bool TryLength(ref ReadOnlySpan<byte> message, out int length)
    {
        length = 0;
        if (message.IsEmpty)
        {
            return false;
        }

        length = message[0];
        if (length < 0x80)
        {
            message = message[1..];
            return true;
        }

        if (message.Length < 2 || message[1] >= 0x80)
        {
            return false;
        }

        length = (length & 0x7f) | (message[1] << 7);
        message = message[2..];
        return true;
    }
}
