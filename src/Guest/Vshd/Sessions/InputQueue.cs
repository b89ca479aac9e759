using System.Buffers;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>
/// Standard input the program has not taken yet. It is bounded: when it is full the session stops reading the connection and
/// the host is slowed. It is not zero, so that a signal or a new window size passes a program that does not read.
/// </summary>
internal sealed class InputQueue : IDisposable
{
    public const int MaxBytes = 256 * 1024;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private bool _closing;

    public bool IsEmpty => _start == _end;

    public bool HasRoomFor(int count) => _end - _start + count <= MaxBytes;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        MakeRoomFor(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>
    /// One write if anything waits; true when the state has changed. An error empties the queue: the program does not read any more.
    /// </summary>
    public bool Flush(WatchedFd input, out Errno error)
    {
        error = Errno.None;
        if (IsEmpty || !input.CanWrite || !input.TryWrite(_buffer.AsSpan(_start, _end - _start), out var count, out error))
        {
            return false;
        }

        _start = error == Errno.None ? _start + count : _end;
        if (IsEmpty)
        {
            _start = _end = 0;
        }

        return true;
    }

    /// <summary>The host has no more input: once the queue is empty, the program's input is to be closed.</summary>
    public void CloseWhenEmpty() => _closing = true;

    public bool IsFinished => _closing && IsEmpty;

    public void Clear() => _start = _end = 0;

    public void Dispose()
    {
        GiveBack(_buffer);
        _buffer = [];
    }

    private static void GiveBack(byte[] buffer)
    {
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void MakeRoomFor(int count)
    {
        var waiting = _end - _start;
        if (_end + count <= _buffer.Length)
        {
            return;
        }

        var target = waiting + count <= _buffer.Length ? _buffer : ArrayPool<byte>.Shared.Rent(Math.Max(waiting + count, 2 * waiting));
        _buffer.AsSpan(_start, waiting).CopyTo(target);
        if (!ReferenceEquals(target, _buffer))
        {
            GiveBack(_buffer);
            _buffer = target;
        }

        (_start, _end) = (0, waiting);
    }
}
