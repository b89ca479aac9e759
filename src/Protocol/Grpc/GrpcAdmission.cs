using VmTools.Protocol.Vsock;

namespace VmTools.Protocol.Grpc;

/// <summary>
/// Who gets in: streams of peers that may call, not too many of each. It counts them, tells when there has been none for a while,
/// and can be closed for a moment without turning anybody away: who comes meanwhile is the first one in afterwards.
/// </summary>
internal sealed class GrpcAdmission : IAsyncDisposable
{
    private readonly GrpcServerOptions _options;
    private readonly PeerCount _connections;
    private readonly Lock _lock = new();
    private readonly ITimer _silence;
    private TaskCompletionSource _quiet = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private VsockStream? _waiting;
    private bool _isClosed;
    private int _open;

    public GrpcAdmission(GrpcServerOptions options)
    {
        (_options, _connections) = (options, new PeerCount(options.Limits.ConnectionsPerPeer));
        _silence = options.Clock.CreateTimer(_ => Signal(), null, options.Linger, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when nobody has been connected for <see cref="GrpcServerOptions.Linger"/>.</summary>
    public Task Quiet
    {
        get
        {
            lock (_lock)
            {
                return _quiet.Task;
            }
        }
    }

    /// <summary>The next stream; null once closed.</summary>
    public async ValueTask<VsockStream?> NextAsync(CancellationToken cancel)
    {
        var stream = Take() ?? await AdmittedAsync(cancel);
        lock (_lock)
        {
            if (_isClosed)
            {
                _waiting = stream;
                return null;
            }

            _open++;
            _silence.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            return stream;
        }
    }

    /// <summary>Must be called once for each stream of <see cref="NextAsync"/>.</summary>
    public void Leave(Cid peer)
    {
        _connections.Leave(peer);
        lock (_lock)
        {
            if (--_open == 0)
            {
                _silence.Change(_options.Linger, Timeout.InfiniteTimeSpan);
            }
        }

        _options.ConnectionEnded();
    }

    /// <summary>Nobody gets in any more; false when somebody is in again.</summary>
    public bool TryClose()
    {
        lock (_lock)
        {
            _isClosed = _open == 0;
            if (!_isClosed)
            {
                Rearm();
            }

            return _isClosed;
        }
    }

    /// <summary>Completes when somebody waits outside.</summary>
    public async Task KnockAsync(CancellationToken cancel) => _waiting ??= await AdmittedAsync(cancel);

    public void Reopen()
    {
        lock (_lock)
        {
            _isClosed = false;
            Rearm();
            _silence.Change(_options.Linger, Timeout.InfiniteTimeSpan);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _silence.DisposeAsync();
        await _options.Listener.DisposeAsync();
        if (Take() is { } unheard)
        {
            await unheard.DisposeAsync();
        }
    }

    private async ValueTask<VsockStream> AdmittedAsync(CancellationToken cancel)
    {
        while (true)
        {
            var stream = await _options.Listener.AcceptAsync(cancel);
            if (_options.AcceptPeer(stream.Peer.Cid) && _connections.TryEnter(stream.Peer.Cid))
            {
                return stream;
            }

            await stream.DisposeAsync();
        }
    }

    private VsockStream? Take()
    {
        lock (_lock)
        {
            var waiting = _waiting;
            _waiting = null;
            return waiting;
        }
    }

    private void Rearm()
    {
        if (_quiet.Task.IsCompleted)
        {
            _quiet = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void Signal()
    {
        lock (_lock)
        {
            if (_open == 0)
            {
                _quiet.TrySetResult();
            }
        }
    }
}
