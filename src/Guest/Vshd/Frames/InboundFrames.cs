using System.Buffers;
using System.Buffers.Binary;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;

namespace VmTools.Guest.Vshd.Frames;

/// <summary>
/// What the host has sent and nobody has looked at yet. Each frame is a little-endian length of four bytes and that many
/// bytes, at most 4096; a greater length is refused before anything is kept for it.
/// </summary>
internal sealed class InboundFrames : IDisposable
{
    public const int MaxPayload = 4096;
    public const int LengthSize = sizeof(uint);

    private const int Capacity = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Capacity);
    private int _start;
    private int _end;

    /// <summary>The peer has closed its sending side, or the connection broke: no more will come.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>A length was greater than the protocol allows, or the stream ended within a frame.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>One read if there is room and something to read; true when the state has changed.</summary>
    public bool Fill(WatchedFd connection)
    {
        if (IsAtEnd || !connection.CanRead)
        {
            return false;
        }

        MakeRoom();
        if (_end == _buffer.Length || !connection.TryRead(_buffer.AsSpan(_end), out var count, out var error))
        {
            return false;
        }

        _end += count;
        IsAtEnd = count == 0 || error != Errno.None;
        IsMalformed |= IsAtEnd && _end > _start && !HoldsFrame(out _);
        return true;
    }

    /// <summary>The next whole frame, left in place: it is gone with <see cref="Consume"/>.</summary>
    public bool TryPeek(out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (!HoldsFrame(out var length))
        {
            return false;
        }

        payload = _buffer.AsSpan(_start + LengthSize, length);
        return true;
    }

    public void Consume(int payloadLength)
    {
        _start += LengthSize + payloadLength;
        IsMalformed |= IsAtEnd && _end > _start && !HoldsFrame(out _);
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

    private bool HoldsFrame(out int length)
    {
        length = 0;
        if (_end - _start < LengthSize)
        {
            return false;
        }

        var declared = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_start));
        if (declared > MaxPayload)
        {
            IsMalformed = true;
            return false;
        }

        length = (int)declared;
        return _end - _start >= LengthSize + length;
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_buffer.Length - _end < LengthSize + MaxPayload)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
    }
}
