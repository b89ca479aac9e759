using System.Net.Sockets;

namespace VmTools.Protocol.Vsock;

/// <summary>A connected vsock stream, whatever carries it; disposing it closes the socket.</summary>
public sealed class VsockStream(VsockAddress peer, Socket socket) : IAsyncDisposable
{
    public VsockAddress Peer { get; } = peer;

    public Socket Socket { get; } = socket;

    /// <summary>The container of the peer's machine that the stream belongs to, as the machine says; null where it named none.</summary>
    public string? Container { get; init; }

    /// <summary>The socket's bytes; closing it closes the socket too.</summary>
    public Stream Stream { get; } = new SocketStream(socket);

    /// <summary>Ends our direction; the peer reads the end of the stream and can still answer.</summary>
    public void ShutdownSend()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer has gone already; there is no direction left to end.
        }
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
