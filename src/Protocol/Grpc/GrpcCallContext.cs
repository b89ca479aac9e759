using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>What a service's method may ask about the call it is answering.</summary>
internal sealed class GrpcCallContext : ServerCallContext, IDisposable
{
    private readonly GrpcExchange _exchange;
    private readonly string _method;
    private readonly CancellationTokenSource? _deadline;
    private readonly CancellationTokenSource _ended;
    private readonly DateTime _deadlineTime = DateTime.MaxValue;

    public GrpcCallContext(GrpcExchange exchange, string method, TimeSpan? timeout, TimeProvider clock)
    {
        _exchange = exchange;
        _method = method;
        if (timeout is { } limit)
        {
            _deadline = new CancellationTokenSource(limit, clock);
            _deadlineTime = clock.GetUtcNow().UtcDateTime + limit;
        }

        _ended = CancellationTokenSource.CreateLinkedTokenSource(exchange.Aborted, _deadline?.Token ?? CancellationToken.None);
    }

    /// <summary>Whether the call ended because of its own time limit.</summary>
    public bool IsPastDeadline => _deadline is { IsCancellationRequested: true } && !_exchange.Aborted.IsCancellationRequested;

    protected override string MethodCore => _method;

    protected override string HostCore => _exchange.Host;

    protected override string PeerCore =>
        _exchange.Peer is { Container: { } container } peer ? $"{peer.Address}:{container}" : _exchange.Peer.Address.ToString();

    protected override DateTime DeadlineCore => _deadlineTime;

    protected override Metadata RequestHeadersCore => field ??= _exchange.RequestMetadata();

    protected override CancellationToken CancellationTokenCore => _ended.Token;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    /// <summary>The peer is known by its address; nothing else authenticates it.</summary>
    protected override AuthContext AuthContextCore { get; } = new(null, []);

    public void Dispose()
    {
        _ended.Dispose();
        _deadline?.Dispose();
    }

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => _exchange.SendHeadersAsync(responseHeaders);

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Calls do not pass their deadline on by themselves.");
}
