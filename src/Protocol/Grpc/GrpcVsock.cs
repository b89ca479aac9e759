using System.Net;
using Grpc.Net.Client;
using Grpc.Net.Compression;
using VmTools.Protocol.Vsock;

namespace VmTools.Protocol.Grpc;

/// <summary>Opens gRPC channels over vsock.</summary>
public static class GrpcVsock
{
    /// <summary>
    /// A channel to one port of one machine. It connects at the first call and again after a loss; each call needs a deadline
    /// of its own. Replies are limited like requests are, and are never decompressed.
    /// </summary>
    public static GrpcChannel OpenChannel(IVsockCarrier carrier, VsockAddress peer, GrpcLimits? limits = null)
    {
        limits ??= new GrpcLimits();
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) => (await carrier.ConnectAsync(peer, cancel)).Stream,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = false,
            MaxResponseHeadersLength = Math.Max(1, limits.HeaderListBytes / 1024),
            PooledConnectionIdleTimeout = limits.Idle,
            // A guest that was killed says nothing more; the ping finds that out while a call waits.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        };
        return GrpcChannel.ForAddress("http://vsock", new GrpcChannelOptions
        {
            HttpHandler = new StreamLimit(handler, limits.StreamsPerConnection),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = limits.MessageBytes,
            MaxSendMessageSize = null,
            CompressionProviders = new List<ICompressionProvider>(),
        });
    }
}
