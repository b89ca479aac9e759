using VmTools.Linux.Loop;

namespace VmTools.Linux.Sockets;

/// <summary>Listens on a port of the kernel's vsock. One caller accepts at a time.</summary>
public sealed class VsockListenerSocket : IDisposable
{
    /// <summary>
    /// A descriptor that is ready and yet has no connection, time and again, is the caller's to pause for: waiting on it would spin.
    /// </summary>
    private const int EmptyLooks = 3;

    private readonly CancellationTokenSource _closed = new();
    private readonly FdHandle _listener;
    private readonly Accept _accept;

    private VsockListenerSocket(FdHandle listener)
        : this(listener, VsockSocket.TryAccept)
    {
    }

    internal VsockListenerSocket(FdHandle listener, Accept accept) => (_listener, _accept) = (listener, accept);

    /// <summary>The system call, or in tests what a kernel in trouble answers.</summary>
    internal delegate Errno Accept(FdHandle listener, out FdHandle? socket, out uint peerCid, out uint peerPort);

    public static VsockListenerSocket Listen(uint cid, uint port, int backlog) => new(VsockSocket.Listen(cid, port, backlog));

    /// <summary>Takes over a socket that listens already, for instance one that init passed on.</summary>
    public static VsockListenerSocket From(FdHandle listener)
    {
        Fd.SetNonBlocking(listener, true);
        return new VsockListenerSocket(listener);
    }

    /// <summary>Waits for the next connection; ends with <see cref="OperationCanceledException"/> when disposed meanwhile.</summary>
    public async ValueTask<AcceptedVsock> AcceptAsync(CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closed.Token);
        for (var looks = 1; ; looks++)
        {
            var outcome = _accept(_listener, out var socket, out var cid, out var port);
            switch (outcome)
            {
                case Errno.None:
                    return new AcceptedVsock(socket!, cid, port);
                case Errno.EAGAIN when looks < EmptyLooks:
                    await Readiness.WaitAsync(_listener, EpollEvents.In, either.Token);
                    break;
                case Errno.ECONNABORTED or Errno.ECONNRESET or Errno.EPROTO:
                    // The peer gave up between its request and our accept.
                    break;
                default:
                    throw new LinuxException(outcome, "accept4");
            }
        }
    }

    public void Dispose()
    {
        _closed.Cancel();
        _listener.Dispose();
        _closed.Dispose();
    }
}
