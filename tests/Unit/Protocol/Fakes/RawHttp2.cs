using System.Text;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Vsock;

namespace VmTools.Unit.Protocol.Fakes;

/// <summary>An HTTP/2 client that says exactly what a test wants said, right or wrong.</summary>
internal sealed class RawHttp2(VsockStream connection) : IAsyncDisposable
{
    public static readonly (string Name, string Value)[] MountCall =
    [
        (":method", "POST"), (":scheme", "http"), (":path", "/vm_tools.Maitred/Mount"), (":authority", "vsock"),
        ("content-type", "application/grpc"), ("te", "trailers"),
    ];

    /// <summary>An empty message with its prefix.</summary>
    public static readonly byte[] EmptyMessage = [0, 0, 0, 0, 0];

    public VsockStream Connection => connection;

    public static (string Name, string Value)[] With(string name, string value) =>
        name.StartsWith(':')
            ? [.. MountCall.Select(header => header.Name == name ? (name, value) : header)]
            : [.. Without(name), (name, value)];

    public static (string Name, string Value)[] Without(string name) => [.. MountCall.Where(header => header.Name != name)];

    /// <summary>A message with the prefix of gRPC: not compressed, and its length in 4 bytes.</summary>
    public static byte[] Framed(byte[] message) =>
        [0, (byte)(message.Length >> 24), (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];

    public async Task SendPrefaceAsync()
    {
        await connection.Stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await SendAsync(Http2FrameType.Settings, Http2FrameFlags.None, 0, [0, 1, 0, 0, 0, 0]);
    }

    public Task SendHeadersAsync(uint stream, (string Name, string Value)[] headers, bool isLast = false) => SendAsync(
        Http2FrameType.Headers, Http2FrameFlags.EndHeaders | (isLast ? Http2FrameFlags.EndStream : 0), stream, Encode(headers));

    public Task SendDataAsync(uint stream, byte[] data, bool isLast = true) =>
        SendAsync(Http2FrameType.Data, isLast ? Http2FrameFlags.EndStream : Http2FrameFlags.None, stream, data);

    public async Task SendAsync(Http2FrameType type, Http2FrameFlags flags, uint stream, byte[] payload)
    {
        using var bytes = new MemoryStream();
        new Http2Frame(type, flags, stream, payload).WriteTo(bytes);
        await connection.Stream.WriteAsync(bytes.ToArray());
    }

    /// <summary>All headers and trailers that come on a stream until it ends.</summary>
    public async Task<Dictionary<string, string>> ReadAnswerAsync(uint stream, CancellationToken cancel)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        while (true)
        {
            var frame = (await Http2Frame.ReadAsync(connection.Stream, cancel))!.Value;
            if (frame.Stream != stream)
            {
                continue;
            }

            if (frame.Type == Http2FrameType.Headers)
            {
                PlainHpack.TryDecode(frame.Payload.Span, headers);
            }

            if (frame.Type == Http2FrameType.ResetStream)
            {
                headers["reset"] = $"{frame.Payload.Span[3]}";
                return headers;
            }

            if (frame.Has(Http2FrameFlags.EndStream) && frame.Type is Http2FrameType.Headers or Http2FrameType.Data)
            {
                return headers;
            }
        }
    }

    /// <summary>Waits until the server closes the connection, whatever it says before.</summary>
    public async Task ReadToEndAsync(CancellationToken cancel)
    {
        try
        {
            await connection.Stream.CopyToAsync(Stream.Null, cancel);
        }
        catch (IOException)
        {
            // Reset instead of closed: the same to us.
        }
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static byte[] Encode((string Name, string Value)[] headers)
    {
        using var block = new MemoryStream();
        foreach (var (name, value) in headers)
        {
            block.WriteByte(0);
            WriteString(block, name);
            WriteString(block, value);
        }

        return block.ToArray();
    }

    private static void WriteString(MemoryStream block, string text)
    {
        var rest = text.Length - 0x7f;
        block.WriteByte((byte)Math.Min(text.Length, 0x7f));
        for (; rest >= 0x80; rest >>= 7)
        {
            block.WriteByte((byte)(rest | 0x80));
        }

        if (text.Length >= 0x7f)
        {
            block.WriteByte((byte)rest);
        }

        block.Write(Encoding.ASCII.GetBytes(text));
    }
}
