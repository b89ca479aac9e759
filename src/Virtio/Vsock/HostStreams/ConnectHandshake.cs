using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;

namespace VmTools.Virtio.Vsock.HostStreams;

/// <summary>
/// A host program that has connected and not yet finished its CONNECT line. The line is looked at in place and taken only when
/// it is whole, to the byte: what follows it is payload and stays in the socket.
/// </summary>
internal sealed class ConnectHandshake : IDisposable
{
    private readonly FdHandle _socket;
    private readonly EventLoop _loop;
    private readonly Action<ConnectHandshake, uint?> _done;
    private readonly LoopTimer _timer;
    private readonly FdWatch _watch;
    private bool _isOver;

    /// <summary>Takes the non-blocking socket over and calls <paramref name="done"/> once, with the port or, for a refusal, none.</summary>
    public ConnectHandshake(FdHandle socket, EventLoop loop, TimeSpan limit, Action<ConnectHandshake, uint?> done)
    {
        _socket = socket;
        _loop = loop;
        _done = done;
        _timer = loop.AddTimer(() => Finish(null));
        _timer.Set(limit);
        _watch = loop.Watch(socket, EpollEvents.In | EpollEvents.ReadHangUp | EpollEvents.EdgeTriggered, Readable);
    }

    /// <summary>Hands the socket on, with everything after the line still in it.</summary>
    public FdHandle TakeSocket()
    {
        _isOver = true;
        return _socket;
    }

    public void Dispose()
    {
        if (!_isOver)
        {
            StopWaiting();
        }

        _socket.Dispose();
    }

    private void Readable(EpollEvents events)
    {
        Span<byte> bytes = stackalloc byte[ConnectLine.MaxBytes];
        var outcome = UnixSocket.TryPeek(_socket, bytes, out var count);
        if (outcome == Errno.EAGAIN)
        {
            return;
        }

        var state = ConnectLine.Read(bytes[..count], out var port, out var length);
        if (outcome != Errno.None || count == 0 || state == ConnectLineState.Wrong)
        {
            Finish(null);
        }
        else if (state == ConnectLineState.Complete)
        {
            Finish(Fd.TryRead(_socket, bytes[..length], out var taken) == Errno.None && taken == length ? port : null);
        }
        else if ((events & (EpollEvents.ReadHangUp | EpollEvents.HangUp | EpollEvents.Error)) != 0)
        {
            Finish(null);
        }
    }

    private void Finish(uint? port)
    {
        StopWaiting();
        _done(this, port);
    }

    private void StopWaiting()
    {
        _isOver = true;
        _timer.Clear();
        _loop.Unwatch(_watch);
    }
}
