using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;
using VmTools.Protocol.Messages.Vsh;

namespace VmTools.Guest.Vshd.Frames;

/// <summary>
/// Frames on their way to the host. Bulk output is many frames of at most 4000 bytes of data in one write: a write for each
/// would cost a packet for each. Nothing is read from the program while a batch waits, so a slow host slows the program.
/// </summary>
internal sealed class OutboundFrames : IDisposable
{
    public const int MaxData = 4000;

    /// <summary>What one read from the program may bring.</summary>
    public const int MaxBatch = 60 * MaxData;

    /// <summary>Length, tag and length of the outer field, stream, tag and length of the data.</summary>
    private const int HeaderSize = 12;
    private const int Capacity = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Capacity);
    private int _start;
    private int _end;

    public bool IsEmpty => _start == _end;

    /// <summary>The host will not read any more.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Whether a whole batch of data fits beside what already waits.</summary>
    public bool HasRoomForBatch => _buffer.Length - _end >= MaxBatch + ((MaxBatch / MaxData) + 1) * HeaderSize;

    public void Add(IMessage message)
    {
        var size = message.CalculateSize();
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_end), size);
        message.WriteTo(_buffer.AsSpan(_end + InboundFrames.LengthSize, size));
        _end += InboundFrames.LengthSize + size;
    }

    /// <summary>The bytes as frames; no bytes are one empty frame, which tells the end of the stream.</summary>
    public void AddData(StdioStream stream, ReadOnlySpan<byte> bytes)
    {
        do
        {
            var data = bytes[..Math.Min(bytes.Length, MaxData)];
            AddFrame(stream, data);
            bytes = bytes[data.Length..];
        }
        while (bytes.Length > 0);
    }

    /// <summary>One write if anything waits; true when the state has changed.</summary>
    public bool Flush(WatchedFd connection)
    {
        if (IsEmpty || IsBroken || !connection.CanWrite)
        {
            return false;
        }

        if (!connection.TryWrite(_buffer.AsSpan(_start, _end - _start), out var count, out var error))
        {
            return false;
        }

        IsBroken = error != Errno.None;
        _start += count;
        if (_start == _end)
        {
            _start = _end = 0;
        }

        return true;
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>HostMessage{1: DataMessage{1: stream, 2: data}} written by hand: the library would copy the data twice.</summary>
    private void AddFrame(StdioStream stream, ReadOnlySpan<byte> data)
    {
        const byte field1Message = 0x0A;
        const byte field1Number = 0x08;
        const byte field2Bytes = 0x12;
        var inner = 2 + (data.Length > 0 ? 1 + SizeOfLength(data.Length) + data.Length : 0);
        var at = _buffer.AsSpan(_end);
        BinaryPrimitives.WriteInt32LittleEndian(at, 1 + SizeOfLength(inner) + inner);
        var written = InboundFrames.LengthSize;
        at[written++] = field1Message;
        written += WriteLength(at[written..], inner);
        at[written++] = field1Number;
        at[written++] = (byte)stream;
        if (data.Length > 0)
        {
            at[written++] = field2Bytes;
            written += WriteLength(at[written..], data.Length);
            data.CopyTo(at[written..]);
        }

        _end += written + data.Length;
    }

    private static int SizeOfLength(int length) => length < 0x80 ? 1 : 2;

    private static int WriteLength(Span<byte> at, int length)
    {
        if (length < 0x80)
        {
            at[0] = (byte)length;
            return 1;
        }

        at[0] = (byte)(length | 0x80);
        at[1] = (byte)(length >> 7);
        return 2;
    }
}
