using System.Net.Sockets;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.HostStreams;

/// <summary>
/// A host program's Unix socket. Watched once for everything, edge by edge, so that no data path touches epoll: an edge marks
/// the connection, and it is read or written until the socket blocks.
/// </summary>
internal sealed class HostSocket(FdHandle socket, EventLoop loop) : IHostStream
{
    private const EpollEvents Edges =
        EpollEvents.In | EpollEvents.Out | EpollEvents.ReadHangUp | EpollEvents.EdgeTriggered;

    /// <summary>Vectors that all sockets of the loop's one thread share; they are filled and used within one call.</summary>
    [ThreadStatic]
    private static IoVector[]? _vectors;

    private Action<HostReadiness>? _ready;
    private FdWatch _watch;

    private static IoVector[] Vectors => _vectors ??= new IoVector[64];

    public void Attach(Action<HostReadiness> ready)
    {
        _ready = ready;
        _watch = loop.Watch(socket, Edges, Report);
    }

    public StreamOutcome TryRead(IGuestReceiver into, int packets, int bytes, out int count)
    {
        var vectors = ((GuestRxRing)into).Gather(packets, bytes, Vectors);
        var outcome = Outcome(Fd.TryReadVector(socket, Vectors.AsSpan(0, vectors), out var read));
        count = (int)read;
        return outcome;
    }

    /// <summary>Writes until everything is taken or the socket blocks: only a blocked socket promises an edge.</summary>
    public StreamOutcome TryWrite(IGuestPayload payload, out int count)
    {
        count = 0;
        while (count < payload.Length)
        {
            var vectors = ((GuestTxPacket)payload).Gather(count, Vectors);
            var outcome = Outcome(Fd.TryWriteVector(socket, Vectors.AsSpan(0, vectors), out var written));
            count += (int)written;
            if (outcome != StreamOutcome.Done)
            {
                return outcome == StreamOutcome.Blocked && count > 0 ? StreamOutcome.Done : outcome;
            }
        }

        return StreamOutcome.Done;
    }

    public StreamOutcome TryWrite(ReadOnlySpan<byte> bytes, out int count) =>
        Outcome(UnixSocket.TrySend(socket, bytes, out count));

    public StreamOutcome TryPeek(out bool any)
    {
        Span<byte> one = stackalloc byte[1];
        var outcome = Outcome(UnixSocket.TryPeek(socket, one, out var count));
        any = count > 0;
        return outcome;
    }

    public void ShutdownSend() => UnixSocket.Shutdown(socket, SocketShutdown.Send);

    public void ShutdownReceive() => UnixSocket.Shutdown(socket, SocketShutdown.Receive);

    public void Close()
    {
        loop.Unwatch(_watch);
        socket.Dispose();
    }

    private void Report(EpollEvents events)
    {
        var what = HostReadiness.None;
        what |= (events & (EpollEvents.In | EpollEvents.ReadHangUp | EpollEvents.Error)) != 0 ? HostReadiness.Readable : 0;
        what |= (events & EpollEvents.Out) != 0 ? HostReadiness.Writable : 0;
        what |= (events & EpollEvents.HangUp) != 0 ? HostReadiness.HungUp : 0;
        _ready!(what);
    }

    private static StreamOutcome Outcome(Errno errno) => errno switch
    {
        Errno.None => StreamOutcome.Done,
        Errno.EAGAIN => StreamOutcome.Blocked,
        _ => StreamOutcome.Broken,
    };
}
