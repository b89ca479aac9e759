using VmTools.Linux;
using VmTools.Linux.Loop;

namespace VmTools.Host.VsockDevice.Network;

/// <summary>
/// Takes one frame, or an empty one at the end of the connection; false when it cannot be taken yet and is to be offered again.
/// </summary>
internal delegate bool FrameTaker(ReadOnlySpan<byte> frame);

/// <summary>
/// One of the two sockets of a relay: it hands on what it reads, and stops reading while the other side takes nothing. Each wait is for
/// the loop; a level-triggered watch that has nothing to do is taken down, so that a socket that is full does not spin.
/// </summary>
internal sealed class FrameEnd : IDisposable
{
    /// <summary>Frames in one turn: a guest that floods its network must not hold up its vsock streams.</summary>
    private const int FramesPerTurn = 32;

    /// <summary>One byte more than the largest frame, so that one that was cut is seen to be too long.</summary>
    private readonly byte[] _frame = new byte[FrameFilter.LargestFrame + 1];
    private readonly FdHandle _socket;
    private readonly EventLoop _loop;
    private readonly FrameTaker _take;
    private readonly FdWatch _watch;
    private Action? _writable;
    private int _waiting;
    private bool _isHeld;
    private bool _hasEnded;
    private bool _isDisposed;

    /// <summary>The socket is this object's from here on.</summary>
    public FrameEnd(FdHandle socket, EventLoop loop, FrameTaker take)
    {
        (_socket, _loop, _take) = (socket, loop, take);
        _watch = loop.Watch(socket, EpollEvents.In, Ready);
    }

    public Errno TrySend(ReadOnlySpan<byte> frame) => Fd.TryWrite(_socket, frame, out _);

    /// <summary>Calls once when a frame may find room here.</summary>
    public void WhenWritable(Action writable)
    {
        _writable = writable;
        WatchWhatMatters();
    }

    /// <summary>The other side may take frames again, the one that waits first.</summary>
    public void Resume()
    {
        if (!_isHeld || _isDisposed)
        {
            return;
        }

        _isHeld = false;
        WatchWhatMatters();
        if (!_take(_frame.AsSpan(0, _waiting)))
        {
            Hold();
        }
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _loop.Unwatch(_watch);
            _socket.Dispose();
        }
    }

    private void Ready(EpollEvents events)
    {
        var isGone = (events & (EpollEvents.Error | EpollEvents.HangUp)) != 0;
        if ((isGone || (events & EpollEvents.Out) != 0) && _writable is { } writable)
        {
            _writable = null;
            WatchWhatMatters();
            writable();
        }

        if (isGone && _isHeld)
        {
            // It would be told again and again while the other side, of a VM that is paused perhaps, takes nothing.
            _isHeld = false;
            Take(0);
        }

        for (var left = FramesPerTurn; left > 0 && !_isHeld && !_hasEnded && !_isDisposed; left--)
        {
            var outcome = Fd.TryRead(_socket, _frame, out var length);
            if (outcome == Errno.EAGAIN)
            {
                return;
            }

            Take(outcome == Errno.None ? length : 0);
        }
    }

    private void Take(int length)
    {
        _hasEnded = length == 0;
        if (_hasEnded)
        {
            // A hang-up is told whatever is asked for; the watch has to go.
            _loop.Unwatch(_watch);
        }

        _waiting = length;
        if (!_take(_frame.AsSpan(0, length)))
        {
            Hold();
        }
    }

    private void Hold()
    {
        _isHeld = true;
        WatchWhatMatters();
    }

    private void WatchWhatMatters()
    {
        if (!_hasEnded && !_isDisposed)
        {
            _loop.Modify(_watch, (_isHeld ? EpollEvents.None : EpollEvents.In) | (_writable is null ? EpollEvents.None : EpollEvents.Out));
        }
    }
}
