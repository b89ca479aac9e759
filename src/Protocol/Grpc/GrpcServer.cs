using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace VmTools.Protocol.Grpc;

/// <summary>
/// gRPC on a vsock port: Kestrel's HTTP/2 without hosting, routing and dependency injection, which cost a guest more start-up time than
/// everything else together. Calls that stream both ways do not exist in the contract and are not offered.
/// </summary>
public sealed class GrpcServer : IAsyncDisposable
{
    /// <summary>How long calls in flight may go on once the server is being closed.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly GrpcServerOptions _options;
    private readonly GrpcAdmission _admission;
    private readonly GrpcConnectionListenerFactory _transport;
    private readonly KestrelServer _kestrel;
    private int _disposed;

    private GrpcServer(GrpcServerOptions options)
    {
        _options = options;
        _admission = new GrpcAdmission(options);
        _transport = new GrpcConnectionListenerFactory(_admission);
        // Kestrel's own log would be written at the pace of a guest that sends rubbish; what matters is logged by the calls.
        _kestrel = new KestrelServer(Options.Create(Configure(options)), _transport, NullLoggerFactory.Instance);
    }

    /// <summary>
    /// Completes when the port is served no longer: with the cause where the server was not disposed, for then its owner has to serve
    /// the port again or to give up, and with null when it was.
    /// </summary>
    public Task<VmToolsException?> Ended => _admission.Ended;

    /// <summary>Serves until disposed; when this returns, calls are taken.</summary>
    public static async Task<GrpcServer> StartAsync(GrpcServerOptions options, CancellationToken cancel)
    {
        var server = new GrpcServer(options);
        try
        {
            await server._kestrel.StartAsync(new GrpcApplication(options), cancel);
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

        using var limit = new CancellationTokenSource(Farewell, _options.Clock);
        await _kestrel.StopAsync(limit.Token);
        _kestrel.Dispose();
        await _admission.DisposeAsync();
        _transport.Dispose();
    }

    private static KestrelServerOptions Configure(GrpcServerOptions options)
    {
        var limits = options.Limits;
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.KeepAliveTimeout = limits.Idle;
        kestrel.Limits.RequestHeadersTimeout = limits.Headers;
        kestrel.Limits.MaxRequestHeadersTotalSize = limits.HeaderListBytes;
        kestrel.Limits.MaxRequestBodySize = null; // each call reads its messages and checks the length itself, before reading one
        if (limits.MayBeSlow)
        {
            (kestrel.Limits.MinRequestBodyDataRate, kestrel.Limits.MinResponseDataRate) = (null, null);
        }

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
