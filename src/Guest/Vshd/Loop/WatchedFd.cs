using VmTools.Linux;
using VmTools.Linux.Loop;

namespace VmTools.Guest.Vshd.Loop;

/// <summary>
/// A non-blocking descriptor in the loop. Events are edge-triggered, so readiness is remembered here until a read or write
/// meets EAGAIN. Disposing closes the descriptor; an event already on its way is dropped then.
/// </summary>
internal sealed class WatchedFd : IDisposable
{
    private const EpollEvents Edges = EpollEvents.In | EpollEvents.Out | EpollEvents.ReadHangUp | EpollEvents.EdgeTriggered;

    private readonly EventLoop _loop;
    private readonly LoopSignal _wake;
    private readonly FdWatch _watch;
    private bool _closed;

    internal WatchedFd(EventLoop loop, FdHandle handle, LoopSignal wake)
    {
        (_loop, Handle, _wake) = (loop, handle, wake);
        _watch = loop.Watch(handle, Edges, Happened);
    }

    public FdHandle Handle { get; }

    public bool CanRead { get; private set; } = true;

    public bool CanWrite { get; private set; } = true;

    /// <summary>Both directions are over: the other end has no reader and no writer left.</summary>
    public bool IsHungUp { get; private set; }

    /// <summary>False when there is nothing to read now; zero bytes with true mean the end. EIO is how a terminal ends.</summary>
    public bool TryRead(Span<byte> buffer, out int count, out Errno error)
    {
        error = Fd.TryRead(Handle, buffer, out count);
        CanRead = !IsNotNow(ref error);
        return CanRead;
    }

    /// <summary>False when nothing can be written now.</summary>
    public bool TryWrite(ReadOnlySpan<byte> bytes, out int count, out Errno error)
    {
        error = Fd.TryWrite(Handle, bytes, out count);
        CanWrite = !IsNotNow(ref error);
        return CanWrite;
    }

    private void Happened(EpollEvents events)
    {
        const EpollEvents over = EpollEvents.HangUp | EpollEvents.Error;
        CanRead |= (events & (EpollEvents.In | EpollEvents.ReadHangUp | over)) != 0;
        CanWrite |= (events & (EpollEvents.Out | over)) != 0;
        IsHungUp |= (events & over) != 0;
        _wake.Raise();
    }

    /// <summary>EAGAIN is an answer and no error: a caller that looks at errors must not take it for one.</summary>
    private static bool IsNotNow(ref Errno error)
    {
        var notNow = error == Errno.EAGAIN;
        error = notNow ? Errno.None : error;
        return notNow;
    }

    public void Dispose()
    {
        if (!_closed)
        {
            _closed = true;
            _loop.Unwatch(_watch);
            Handle.Dispose();
        }
    }
}
