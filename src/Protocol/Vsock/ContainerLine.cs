using System.Net.Sockets;
using System.Text;
using VmTools.Protocol.Wire;

namespace VmTools.Protocol.Vsock;

/// <summary>
/// The one line by which a stream between the host and tremplin is given to a container: CONTAINER NAME, in either direction. tremplin
/// answers the host's with OK once the container's agent has the stream; nothing is answered to tremplin's.
/// </summary>
public static class ContainerLine
{
    private const int MaxAnswerBytes = 8;

    private static readonly byte[] Prefix = "CONTAINER "u8.ToArray();
    private static readonly byte[] Answer = "OK\n"u8.ToArray();

    /// <summary>No line is longer, its newline included.</summary>
    public static int MaxBytes => Prefix.Length + ContainerNameRule.MaxLength + 1;

    /// <summary>tremplin's answer: what follows comes from the container's agent.</summary>
    public static ReadOnlyMemory<byte> Connected => Answer;

    /// <summary>The line of a container that can exist.</summary>
    public static byte[] Of(string name) => [.. Prefix, .. Encoding.ASCII.GetBytes(name), (byte)'\n'];

    /// <summary>
    /// Takes the line from the socket and nothing behind it. Null where the stream ends first, or the line is too long or names no
    /// container that can exist.
    /// </summary>
    /// <exception cref="SocketException">The connection was lost.</exception>
    public static async ValueTask<string?> ReadAsync(Socket socket, CancellationToken cancel) =>
        await HandshakeLine.ReadAsync(socket, MaxBytes, cancel) is { } line ? Parse(line) : null;

    /// <summary>Whether tremplin has connected the stream; takes its answer from the socket and nothing behind it.</summary>
    /// <exception cref="SocketException">The connection was lost.</exception>
    public static async ValueTask<bool> ReadAnswerAsync(Socket socket, CancellationToken cancel) =>
        await HandshakeLine.ReadAsync(socket, MaxAnswerBytes, cancel) is { } line && line.AsSpan().SequenceEqual(Answer.AsSpan()[..^1]);

    internal static string? Parse(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith(Prefix) || line[Prefix.Length..].ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return null;
        }

        var name = Encoding.ASCII.GetString(line[Prefix.Length..]);
        return ContainerNameRule.Allows(name) ? name : null;
    }
}
