using System.Net.Sockets;
using System.Text;

namespace VmTools.Harness;

/// <summary>Raw vsock streams of the host side, by the files of the runtime directory alone.</summary>
public static class GuestStream
{
    /// <summary>Dials a port of a guest; null when it is refused.</summary>
    public static async Task<NetworkStream?> TryDialAsync(string runtime, uint cid, uint port)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(runtime, "vsock", $"guest.{cid}")));
        var stream = new NetworkStream(socket, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {port}\n"));
        if ((await ReadLineAsync(stream)).StartsWith("OK ", StringComparison.Ordinal))
        {
            return stream;
        }

        await stream.DisposeAsync();
        return null;
    }

    public static async Task<NetworkStream> DialAsync(string runtime, uint cid, uint port) =>
        await TryDialAsync(runtime, cid, port) ?? throw new IOException($"The guest with CID {cid} refused port {port}.");

    /// <summary>Serves a port of the host; any user of the runtime directory may.</summary>
    public static Socket Listen(string runtime, uint port)
    {
        var path = Path.Combine(runtime, "vsock", $"host.{port}");
        File.Delete(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen(512);
        return socket;
    }

    /// <summary>The next stream of a guest and the line by which the device introduced it.</summary>
    public static async Task<(NetworkStream Stream, string Line)> AcceptAsync(Socket listener, CancellationToken cancel)
    {
        var stream = new NetworkStream(await listener.AcceptAsync(cancel), ownsSocket: true);
        return (stream, await ReadLineAsync(stream));
    }

    private static async Task<string> ReadLineAsync(Stream stream)
    {
        var line = new StringBuilder();
        var unit = new byte[1];
        while (await stream.ReadAsync(unit) == 1 && unit[0] != '\n')
        {
            line.Append((char)unit[0]);
        }

        return line.ToString();
    }
}
