using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Cicerone.Garcon;

/// <summary>
/// The port at which containers are heard: each stream begins with the line by which tremplin names the container. One that dawdles with it
/// keeps no other waiting, and a VM has few that may.
/// </summary>
internal sealed class DoorListener : IVsockListener
{
    /// <summary>Streams of one VM whose line is awaited; further ones are closed. tremplin's lines come with the stream.</summary>
    private const int UnnamedPerVm = 16;

    /// <summary>Named streams that wait to be served.</summary>
    private const int Waiting = 16;

    private static readonly TimeSpan LineLimit = TimeSpan.FromSeconds(5);

    private readonly IVsockListener _inner;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<Cid, int> _unnamed = new();
    private readonly Channel<VsockStream> _named = Channel.CreateBounded<VsockStream>(Waiting);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _accepting;

    private DoorListener(IVsockListener inner, TimeProvider clock)
    {
        (_inner, _clock) = (inner, clock);
        _accepting = AcceptLoopAsync();
    }

    public VsockPort Port => _inner.Port;

    /// <summary>Owns the inner listener from now on.</summary>
    public static DoorListener Over(IVsockListener inner, TimeProvider clock) => new(inner, clock);

    public async ValueTask<VsockStream> AcceptAsync(CancellationToken cancel)
    {
        try
        {
            return await _named.Reader.ReadAsync(cancel);
        }
        catch (ChannelClosedException closed)
        {
            throw closed.InnerException ?? new ObjectDisposedException($"vsock listener {Port}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested)
        {
            return;
        }

        await _closing.CancelAsync();
        await _inner.DisposeAsync();
        await _accepting;
        while (_named.Reader.TryRead(out var unclaimed))
        {
            await unclaimed.DisposeAsync();
        }
    }

    /// <summary>Never fails itself: what ends it before the listener is closed, ends the caller's wait.</summary>
    private async Task AcceptLoopAsync()
    {
        var hearings = new HashSet<Task>();
        Exception? failure = null;
        try
        {
            while (true)
            {
                var stream = await _inner.AcceptAsync(_closing.Token);
                hearings.RemoveWhere(static hearing => hearing.IsCompleted);
                hearings.Add(HearAsync(stream));
            }
        }
        catch (Exception closed) when (_closing.IsCancellationRequested && closed is OperationCanceledException or ObjectDisposedException)
        {
            // The listener is being closed.
        }
        catch (Exception unexpected)
        {
            failure = unexpected;
        }

        await Task.WhenAll(hearings);
        _named.Writer.Complete(failure);
    }

    private async Task HearAsync(VsockStream stream)
    {
        var machine = stream.Peer.Cid;
        var isOneTooMany = _unnamed.AddOrUpdate(machine, 1, static (_, count) => count + 1) > UnnamedPerVm;
        try
        {
            if (!isOneTooMany && await TryReadNameAsync(stream) is { } name)
            {
                await _named.Writer.WriteAsync(new VsockStream(stream.Peer, stream.Socket) { Container = name }, _closing.Token);
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The listener is being closed.
        }
        finally
        {
            Leave(machine);
        }

        await stream.DisposeAsync();
    }

    private void Leave(Cid machine)
    {
        if (_unnamed.AddOrUpdate(machine, 0, static (_, count) => count - 1) == 0)
        {
            _unnamed.TryRemove(new KeyValuePair<Cid, int>(machine, 0));
        }
    }

    private async Task<string?> TryReadNameAsync(VsockStream stream)
    {
        using var limit = new CancellationTokenSource(LineLimit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, limit.Token);
        try
        {
            return await ContainerLine.ReadAsync(stream.Socket, either.Token);
        }
        catch (Exception lost) when (lost is SocketException or OperationCanceledException)
        {
            return null;
        }
    }
}
