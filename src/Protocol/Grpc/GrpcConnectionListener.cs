using System.Net;
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
        try
        {
            return await admission.NextAsync(either.Token) is { } stream ? Serve(stream) : null;
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
        connection.ConnectionClosed.Register(() => admission.Leave(stream.Peer.Cid));
        return connection;
    }
}
