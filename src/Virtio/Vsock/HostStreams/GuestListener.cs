using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;

namespace VmTools.Virtio.Vsock.HostStreams;

/// <summary>
/// Host programs that want a port of the guest. At the limit of unfinished handshakes further ones wait in the backlog, where
/// they cost nothing; each unfinished one ends by its own time limit.
/// </summary>
internal sealed class GuestListener : IDisposable
{
    public const int Backlog = 256;
    private const int MaxHandshakes = 256;
    private static readonly TimeSpan LineLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(100);

    private readonly FdHandle _listener;
    private readonly EventLoop _loop;
    private readonly Action<uint, FdHandle> _accepted;
    private readonly HashSet<ConnectHandshake> _handshakes = [];
    private readonly LoopTimer _retry;
    private readonly FdWatch _watch;

    /// <summary>Takes the non-blocking listener over; <paramref name="accepted"/> gets each port asked for, and its socket.</summary>
    public GuestListener(FdHandle listener, EventLoop loop, Action<uint, FdHandle> accepted)
    {
        _listener = listener;
        _loop = loop;
        _accepted = accepted;
        _retry = loop.AddTimer(Accept);
        _watch = loop.Watch(listener, EpollEvents.In | EpollEvents.EdgeTriggered, _ => Accept());
    }

    public int Handshakes => _handshakes.Count;

    public void Dispose()
    {
        _retry.Clear();
        _loop.Unwatch(_watch);
        _listener.Dispose();
        foreach (var handshake in _handshakes)
        {
            handshake.Dispose();
        }

        _handshakes.Clear();
    }

    private void Accept()
    {
        while (_handshakes.Count < MaxHandshakes)
        {
            switch (UnixSocket.TryAccept(_listener, out var socket))
            {
                case Errno.None:
                    _handshakes.Add(new ConnectHandshake(socket!, _loop, LineLimit, Finished));
                    break;
                case Errno.ECONNABORTED:
                    break;
                case Errno.EAGAIN:
                    return;
                default:
                    // Out of fds or memory: those in the backlog wait for better times.
                    _retry.Set(AfterFailure);
                    return;
            }
        }
    }

    private void Finished(ConnectHandshake handshake, uint? port)
    {
        var wasFull = _handshakes.Count >= MaxHandshakes;
        _handshakes.Remove(handshake);
        if (port is { } asked)
        {
            _accepted(asked, handshake.TakeSocket());
        }
        else
        {
            handshake.Dispose();
        }

        if (wasFull)
        {
            _loop.Post(Accept);
        }
    }
}
