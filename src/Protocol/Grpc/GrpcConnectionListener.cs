using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using VmTools.Protocol.Vsock;

namespace VmTools.Protocol.Grpc;

/// <summary>Turns the streams of a server's admission into Kestrel's connections.</summary>
internal sealed class GrpcConnectionListener(EndPoint endpoint, GrpcAdmission admission, SocketConnectionContextFactory sockets)
    : IConnectionListener
{
    private readonly CancellationTokenSource _unbound = new();

    public EndPoint EndPoint => endpoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token, cancellationToken);
        while (await admission.NextAsync(either.Token) is { } stream)
        {
            if (await TryServeAsync(stream) is { } connection)
            {
                return connection;
            }
        }

        return null;
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default) => await _unbound.CancelAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// Null where the connection was lost before it could be served. An exception from here would end Kestrel's accepting.
    /// </summary>
    private async ValueTask<ConnectionContext?> TryServeAsync(VsockStream stream)
    {
        try
        {
            var connection = sockets.Create(stream.Socket);
            connection.Features.Set(new VsockPeer(stream.Peer, stream.Container));
            connection.ConnectionClosed.Register(() => admission.Leave(stream));
            return connection;
        }
        catch (Exception lost) when (lost is SocketException or ObjectDisposedException)
        {
            await stream.DisposeAsync();
            admission.Leave(stream);
            return null;
        }
    }
}
