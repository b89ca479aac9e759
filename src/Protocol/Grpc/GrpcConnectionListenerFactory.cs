using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace VmTools.Protocol.Grpc;

/// <summary>Hands Kestrel the one listener of a server.</summary>
internal sealed class GrpcConnectionListenerFactory(GrpcAdmission admission)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly SocketConnectionContextFactory _sockets = new(
        new SocketConnectionFactoryOptions(), Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

    public bool CanBind(EndPoint endpoint) => endpoint is VsockEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(new GrpcConnectionListener(endpoint, admission, _sockets));

    public void Dispose() => _sockets.Dispose();
}
