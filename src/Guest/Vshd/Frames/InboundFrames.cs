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
