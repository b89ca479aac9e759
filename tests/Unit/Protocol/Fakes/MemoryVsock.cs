using System.Collections.Concurrent;
using System.Threading.Channels;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Unit.Protocol.Fakes;

/// <summary>A vsock without machines: each connection is a socket pair, and the caller says which CID it is.</summary>
internal sealed class MemoryVsock : IVsockCarrier
{
    private readonly Cid _local;
    private readonly ConcurrentDictionary<VsockPort, MemoryListener> _listeners;

    public MemoryVsock()
        : this(Cid.Host, new ConcurrentDictionary<VsockPort, MemoryListener>())
    {
    }

    private MemoryVsock(Cid local, ConcurrentDictionary<VsockPort, MemoryListener> listeners)
    {
        _local = local;
        _listeners = listeners;
    }

    /// <summary>The same vsock, seen from another machine.</summary>
    public MemoryVsock As(Cid other) => new(other, _listeners);

    public ValueTask<IVsockListener> ListenAsync(VsockPort port, CancellationToken cancel)
    {
        var listener = new MemoryListener(port);
        _listeners[port] = listener;
        return ValueTask.FromResult<IVsockListener>(listener);
    }

    /// <summary>Who listens there now.</summary>
    public MemoryListener ListenerOf(VsockPort port) => _listeners[port];

    public async ValueTask<VsockStream> ConnectAsync(VsockAddress peer, CancellationToken cancel)
    {
        if (!_listeners.TryGetValue(peer.Port, out var listener))
        {
            throw new VmToolsException(ErrorKind.Unavailable, $"Nobody listens on {peer}.");
        }

        var (mine, theirs) = UnixSocket.Pair();
        var offered = new VsockStream(new VsockAddress(_local, new VsockPort(1024)), AsyncSocket.Own(theirs));
        var dialled = new VsockStream(peer, AsyncSocket.Own(mine));
        if (!listener.TryOffer(offered))
        {
            await offered.DisposeAsync();
            await dialled.DisposeAsync();
            throw new VmToolsException(ErrorKind.Unavailable, $"Nobody listens on {peer} any more.");
        }

        return dialled;
    }

    internal sealed class MemoryListener(VsockPort port) : IVsockListener
    {
        private readonly Channel<VsockStream> _streams = Channel.CreateUnbounded<VsockStream>();

        public VsockPort Port => port;

        /// <summary>False where it listens no longer.</summary>
        public bool TryOffer(VsockStream stream) => _streams.Writer.TryWrite(stream);

        /// <summary>From now on accepting fails.</summary>
        public void Break(Exception failure) => _streams.Writer.Complete(failure);

        public async ValueTask<VsockStream> AcceptAsync(CancellationToken cancel)
        {
            try
            {
                return await _streams.Reader.ReadAsync(cancel);
            }
            catch (ChannelClosedException closed)
            {
                throw closed.InnerException ?? new ObjectDisposedException($"{port}");
            }
        }

        public ValueTask DisposeAsync()
        {
            _streams.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }
}
