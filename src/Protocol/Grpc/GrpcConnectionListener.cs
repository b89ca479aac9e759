using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using VmTools.Protocol.Vsock;

namespace VmTools.Protocol.Grpc;

/// <summary>Turns vsock streams into Kestrel's connections: only of peers that may call, and not too many of each.</summary>
internal sealed class GrpcConnectionListener(EndPoint endpoint, GrpcServerOptions options, SocketConnectionContextFactory sockets)
    : IConnectionListener
{
    private readonly PeerCount _connections = new(options.Limits.ConnectionsPerPeer);
    private readonly CancellationTokenSource _unbound = new();

    public EndPoint EndPoint => endpoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token, cancellationToken);
        try
        {
            while (true)
            {
                var stream = await options.Listener.AcceptAsync(either.Token);
                if (options.AcceptPeer(stream.Peer.Cid) && _connections.TryEnter(stream.Peer.Cid))
                {
                    return Serve(stream);
                }

                await stream.DisposeAsync();
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default) => await _unbound.CancelAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ConnectionContext Serve(VsockStream stream)
    {
        var connection = sockets.Create(stream.Socket);
        connection.Features.Set(new VsockPeer(stream.Peer));
        connection.ConnectionClosed.Register(() => End(stream.Peer.Cid));
        return connection;
    }

    private void End(Cid peer)
    {
        _connections.Leave(peer);
        options.ConnectionEnded();
    }
}
