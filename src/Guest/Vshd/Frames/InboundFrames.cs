using System.Buffers;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;
using VmTools.Protocol.Vsh;

namespace VmTools.Guest.Vshd.Frames;

/// <summary>
/// What the host has sent and the session has not looked at yet, in frames (<see cref="VshFrame"/>). A frame that is longer than the
/// protocol allows is refused before anything is kept for it.
/// </summary>
internal sealed class InboundFrames : IDisposable
{
    private const int Capacity = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Capacity);
    private int _start;
    private int _end;

    /// <summary>The peer has closed its sending side, or the connection broke: no more will come.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>A length was greater than the protocol allows, or the stream ended within a frame.</summary>
    public bool IsMalformed { get; private set; }

    /// <summary>All that was read and is not consumed; it lives until the next read.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Takes bytes of the connection that another process has read from it already, before the first read.</summary>
    public void Put(ReadOnlySpan<byte> read)
    {
        read.CopyTo(_buffer.AsSpan(_end));
        _end += read.Length;
    }

    /// <summary>
    /// One read if there is room and something to read; true when the state has changed. No more than <paramref name="most"/> bytes are
    /// unread afterwards.
    /// </summary>
    public bool Fill(WatchedFd connection, int most = int.MaxValue)
    {
        if (IsAtEnd || !connection.CanRead)
        {
            return false;
        }

        MakeRoom();
        var room = Math.Min(_buffer.Length - _end, most - (_end - _start));
        if (room <= 0 || !connection.TryRead(_buffer.AsSpan(_end, room), out var count, out var error))
        {
            return false;
        }

        _end += count;
        IsAtEnd = count == 0 || error != Errno.None;
        SeeWhetherCut();
        return true;
    }

    /// <summary>The message of the next whole frame, left in place: it is gone with <see cref="Consume"/>.</summary>
    public bool TryPeek(out ReadOnlySpan<byte> message)
    {
        if (VshFrame.TryFind(_buffer.AsSpan(_start, _end - _start), out message, out var frameBytes))
        {
            return frameBytes > 0;
        }

        IsMalformed = true;
        return false;
    }

    public void Consume(int messageBytes)
    {
        _start += VshFrame.HeaderBytes + messageBytes;
        SeeWhetherCut();
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

    /// <summary>The stream has ended, and what is left of it is less than a frame.</summary>
    private void SeeWhetherCut() => IsMalformed |= IsAtEnd && _end > _start && !TryPeek(out _);

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_buffer.Length - _end < VshFrame.HeaderBytes + VshFrame.MaxMessageBytes)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
    }
}
