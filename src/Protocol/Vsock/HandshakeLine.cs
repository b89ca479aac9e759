using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace VmTools.Protocol.Vsock;

/// <summary>
/// The one line that precedes a stream on a unix socket: PEER CID PORT from the device to a daemon, CONNECT PORT from the
/// host to the device, OK PORT as its answer. Exactly the line is taken from the socket; what follows is the stream's.
/// </summary>
internal static class HandshakeLine
{
    /// <summary>No line is longer, its newline included.</summary>
    public const int MaxBytes = 32;

    public static ReadOnlySpan<byte> PeerPrefix => "PEER "u8;

    public static ReadOnlySpan<byte> AgreedPrefix => "OK "u8;

    public static byte[] Connect(VsockPort port) => Encoding.ASCII.GetBytes($"CONNECT {port}\n");

    /// <summary>The line without its newline; null when the stream ends first or the line is too long.</summary>
    public static ValueTask<byte[]?> ReadAsync(Socket socket, CancellationToken cancel) => ReadAsync(socket, MaxBytes, cancel);

    /// <summary>The same for a line of another kind, which has so many bytes at most, its newline included.</summary>
    public static async ValueTask<byte[]?> ReadAsync(Socket socket, int mostBytes, CancellationToken cancel)
    {
        var line = new byte[mostBytes];
        var length = 0;
        while (length < mostBytes)
        {
            // Looked at first and then taken, so that the bytes behind the newline stay in the socket. What was looked at
            // is always taken, so a sender of single bytes cannot make this spin.
            var seen = await socket.ReceiveAsync(line.AsMemory(length), SocketFlags.Peek, cancel);
            if (seen == 0)
            {
                return null;
            }

            var newline = line.AsSpan(length, seen).IndexOf((byte)'\n');
            var wanted = newline < 0 ? seen : newline + 1;
            var taken = await socket.ReceiveAsync(line.AsMemory(length, wanted), SocketFlags.None, cancel);
            if (taken == wanted && newline >= 0)
            {
                return line[..(length + newline)];
            }

            length += taken;
        }

        return null;
    }

    /// <summary>Reads PEER CID PORT; nothing else may stand on the line.</summary>
    public static bool TryParsePeer(ReadOnlySpan<byte> line, out VsockAddress peer)
    {
        peer = default;
        if (!line.StartsWith(PeerPrefix))
        {
            return false;
        }

        line = line[PeerPrefix.Length..];
        var space = line.IndexOf((byte)' ');
        if (space < 0 || !TryParseNumber(line[..space], out var cid) || !TryParseNumber(line[(space + 1)..], out var port))
        {
            return false;
        }

        if (!new Cid(cid).IsGuest)
        {
            return false;
        }

        peer = new VsockAddress(new Cid(cid), new VsockPort(port));
        return true;
    }

    private static bool TryParseNumber(ReadOnlySpan<byte> text, out uint number)
    {
        number = 0;
        return !text.IsEmpty && !text.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(text, out number, out var used) && used == text.Length;
    }
}
