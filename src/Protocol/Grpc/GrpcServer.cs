using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace VmTools.Protocol.Grpc;

/// <summary>
/// Unary gRPC on a vsock port: Kestrel's HTTP/2 without hosting, routing and dependency injection, which cost a guest more
/// start-up time than everything else together. Streaming calls do not exist in the contract and are not offered. While nobody is
/// connected Kestrel does not run, because it wakes once a second whether there is work or not; the port stays open.
/// </summary>
public sealed class GrpcServer : IAsyncDisposable
{
    /// <summary>How long calls in flight may go on once the server is being closed.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly GrpcServerOptions _options;
    private readonly GrpcAdmission _admission;
    private readonly GrpcConnectionListenerFactory _transport;
    private readonly CancellationTokenSource _ending = new();
    private KestrelServer? _kestrel;
    private Task _life = Task.CompletedTask;
    private int _disposed;

    private GrpcServer(GrpcServerOptions options)
    {
        _options = options;
        _admission = new GrpcAdmission(options);
        _transport = new GrpcConnectionListenerFactory(_admission);
    }

    internal bool IsAwake => Volatile.Read(ref _kestrel) is not null;

    /// <summary>Serves until disposed; when this returns, calls are taken.</summary>
    public static async Task<GrpcServer> StartAsync(GrpcServerOptions options, CancellationToken cancel)
    {
        var server = new GrpcServer(options);
        try
        {
            await server.WakeAsync(cancel);
            server._life = server.LiveAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _ending.CancelAsync();
        await _life;
        using var limit = new CancellationTokenSource(Farewell, _options.Clock);
        await StopAsync(limit.Token);
        await _admission.DisposeAsync();
        _transport.Dispose();
        _ending.Dispose();
    }

    /// <summary>Ends with the server.</summary>
    private async Task LiveAsync()
    {
        try
        {
            while (true)
            {
                await _admission.Quiet.WaitAsync(_ending.Token);
                if (!_admission.TryClose())
                {
                    continue;
                }

                await SleepUntilKnockAsync();
                _admission.Reopen();
                await WakeAsync(_ending.Token);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or ObjectDisposedException)
        {
            // The server or its listener is being closed.
        }
    }

    private async Task WakeAsync(CancellationToken cancel)
    {
        // Kestrel's own log would be written at the pace of a guest that sends rubbish; what matters is logged by the calls.
        _kestrel = new KestrelServer(Options.Create(Configure(_options)), _transport, NullLoggerFactory.Instance);
        await _kestrel.StartAsync(new GrpcApplication(_options), cancel);
    }

    /// <summary>
    /// What still ends of former calls has the time until somebody is kept waiting. A limit set at once would wake a machine with nothing
    /// to do, and thread after thread of the pool with it, long after it was needed: the runtime's timers fire although they were taken back.
    /// </summary>
    private async Task SleepUntilKnockAsync()
    {
        using var limit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _options.Clock);
        var stopping = StopAsync(limit.Token);
        try
        {
            await _admission.KnockAsync(_ending.Token);
        }
        finally
        {
            limit.CancelAfter(Farewell);
            await stopping;
        }
    }

    private async Task StopAsync(CancellationToken limit)
    {
        if (_kestrel is null)
        {
            return;
        }

        await _kestrel.StopAsync(limit);
        _kestrel.Dispose();
        _kestrel = null;
    }

    private static KestrelServerOptions Configure(GrpcServerOptions options)
    {
        var limits = options.Limits;
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.KeepAliveTimeout = limits.Idle;
        kestrel.Limits.RequestHeadersTimeout = limits.Headers;
        kestrel.Limits.MaxRequestHeadersTotalSize = limits.HeaderListBytes;
        kestrel.Limits.MaxRequestBodySize = null; // each call reads its one message and checks the length itself, before reading it
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = limits.HeaderListBytes;
        kestrel.Limits.Http2.MaxStreamsPerConnection = limits.StreamsPerConnection;
        kestrel.Listen(new VsockEndPoint(options.Listener.Port), endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http2;
            endpoint.Use(next => new PrefaceDeadline(next, limits.Headers, options.Clock).OnConnectionAsync);
        });
        return kestrel;
    }
}
