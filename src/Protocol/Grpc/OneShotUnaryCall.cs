using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>
/// One unary call on a connection of its own, by hand: what the first process of a guest says "ready" with. The first call
/// of the full client costs a guest some hundred milliseconds; this one costs nothing worth measuring. It holds at most
/// a few kilobytes, whatever the peer sends, and the caller's token is its deadline.
/// </summary>
public sealed class OneShotUnaryCall
{
    private const uint CallStream = 1;
    private const int MaxHeaderBytes = 8 * 1024;
    private const int MaxReplyBytes = 32 * 1024;

    /// <summary>More frames than any honest answer has, and one more for as many bytes as a window is opened by at least.</summary>
    private const int MaxFrames = 256;
    private const int BytesPerUpdate = 1024;

    private readonly Stream _connection;
    private readonly ArrayBufferWriter<byte> _reply = new();
    private readonly Dictionary<string, string> _headers = new(StringComparer.Ordinal);
    private readonly SendWindow _window = new();
    private int _framesLeft;
    private bool _ended;

    private OneShotUnaryCall(Stream connection, int messageBytes) =>
        (_connection, _framesLeft) = (connection, MaxFrames + (messageBytes / BytesPerUpdate));

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>
    /// Calls /package.Service/Method and returns its answer. A status other than OK, and every breach of the protocol, is an
    /// <see cref="RpcException"/>.
    /// </summary>
    public static Task<TResponse> InvokeAsync<TResponse>(
        Stream connection, (string Path, IMessage Message) request, MessageParser<TResponse> parser, CancellationToken cancel)
        where TResponse : IMessage<TResponse> =>
        InvokeAsync(connection, new OneShotRequest(request.Path, request.Message.ToByteArray()), parser, cancel);

    /// <summary>The same with a serialized message and metadata.</summary>
    public static async Task<TResponse> InvokeAsync<TResponse>(
        Stream connection, OneShotRequest request, MessageParser<TResponse> parser, CancellationToken cancel)
        where TResponse : IMessage<TResponse>
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(request.Message.Length, OneShotRequest.MaxMessageBytes);
        var call = new OneShotUnaryCall(connection, request.Message.Length);
        try
        {
            await call.SendAsync(request, cancel);
            await call.ReceiveAsync(cancel);
        }
        catch (IOException lost)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The connection was lost during the call.", lost));
        }

        return call.Answer(parser);
    }

    /// <summary>
    /// As much as the opening window takes in one write, which is all of an ordinary call; the rest as the server opens the window. A
    /// server that has answered already does not want the rest.
    /// </summary>
    private async Task SendAsync(OneShotRequest request, CancellationToken cancel)
    {
        var bytes = new MemoryStream();
        WriteOpening(bytes, request);
        var prefix = new byte[MessageWriter.PrefixBytes];
        BinaryPrimitives.WriteInt32BigEndian(prefix.AsSpan(1), request.Message.Length);
        _window.Take(prefix.Length);
        new Http2Frame(Http2FrameType.Data, Http2FrameFlags.None, CallStream, prefix).WriteTo(bytes);
        var message = request.Message;
        var isWhole = WriteMessage(bytes, ref message);
        await _connection.WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), cancel);
        while (!isWhole && !_ended)
        {
            await ReceiveFrameAsync(cancel);
            bytes.SetLength(0);
            isWhole = WriteMessage(bytes, ref message);
            await _connection.WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length), cancel);
        }
    }

    private static void WriteOpening(MemoryStream bytes, OneShotRequest request)
    {
        bytes.Write(Preface);
        // HEADER_TABLE_SIZE 0, so that every header comes as it is; ENABLE_PUSH 0.
        byte[] settings = [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0];
        new Http2Frame(Http2FrameType.Settings, Http2FrameFlags.None, 0, settings).WriteTo(bytes);
        var headers = PlainHpack.EncodeRequest(request.Path, request.Headers);
        new Http2Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders, CallStream, headers).WriteTo(bytes);
    }

    /// <summary>Frames of the message as far as the window goes; true once its last byte is among them.</summary>
    private bool WriteMessage(MemoryStream bytes, ref ReadOnlyMemory<byte> message)
    {
        while (true)
        {
            var count = Math.Min(Math.Min(message.Length, Http2Frame.MaxPayloadBytes), _window.Available);
            var isLast = count == message.Length;
            if (count == 0 && !isLast)
            {
                return false;
            }

            var flags = isLast ? Http2FrameFlags.EndStream : Http2FrameFlags.None;
            new Http2Frame(Http2FrameType.Data, flags, CallStream, message[..count]).WriteTo(bytes);
            _window.Take(count);
            message = message[count..];
            if (isLast)
            {
                return true;
            }
        }
    }

    private async Task ReceiveAsync(CancellationToken cancel)
    {
        while (!_ended)
        {
            await ReceiveFrameAsync(cancel);
        }
    }

    private async Task ReceiveFrameAsync(CancellationToken cancel)
    {
        if (_framesLeft-- == 0 || await Http2Frame.ReadAsync(_connection, cancel) is not { } frame)
        {
            throw Breach("sent too much");
        }

        await TakeAsync(frame, cancel);
    }

    private async Task TakeAsync(Http2Frame frame, CancellationToken cancel)
    {
        switch (frame.Type)
        {
            case Http2FrameType.Settings when !frame.Has(Http2FrameFlags.Ack):
                RequireSense(_window.TryTakeSettings(frame.Payload.Span), "settings");
                await AcknowledgeAsync(Http2FrameType.Settings, default, cancel);
                break;
            case Http2FrameType.Ping when !frame.Has(Http2FrameFlags.Ack):
                await AcknowledgeAsync(Http2FrameType.Ping, frame.Payload, cancel);
                break;
            case Http2FrameType.WindowUpdate when frame.Stream is 0 or CallStream:
                RequireSense(_window.TryTakeUpdate(frame.Payload.Span, frame.Stream == CallStream), "a window");
                break;
            case Http2FrameType.Headers when frame.Stream == CallStream:
                TakeHeaders(frame);
                break;
            case Http2FrameType.Data when frame.Stream == CallStream:
                TakeData(frame);
                break;
            case Http2FrameType.ResetStream when frame.Stream == CallStream:
                throw new RpcException(new Status(StatusCode.Unavailable, "The server reset the call."));
            case Http2FrameType.GoAway:
                throw new RpcException(new Status(StatusCode.Unavailable, "The server closed the connection during the call."));
            case Http2FrameType.PushPromise:
                throw Breach("pushed a response");
            default:
                break;
        }
    }

    private async Task AcknowledgeAsync(Http2FrameType type, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        var bytes = new MemoryStream();
        new Http2Frame(type, Http2FrameFlags.Ack, 0, payload).WriteTo(bytes);
        await _connection.WriteAsync(bytes.ToArray(), cancel);
    }

    /// <summary>Response headers or trailers; they are too small to need CONTINUATION frames.</summary>
    private void TakeHeaders(Http2Frame frame)
    {
        if (!frame.Has(Http2FrameFlags.EndHeaders) || !frame.TryGetContent(out var block) || block.Length > MaxHeaderBytes)
        {
            throw Breach("sent malformed or too many headers");
        }

        if (!PlainHpack.TryDecode(block.Span, _headers))
        {
            throw Breach("sent headers in an encoding that was not agreed on");
        }

        _ended = frame.Has(Http2FrameFlags.EndStream);
    }

    private void TakeData(Http2Frame frame)
    {
        if (!frame.TryGetContent(out var content) || _reply.WrittenCount + content.Length > MaxReplyBytes)
        {
            throw Breach("sent malformed or too much data");
        }

        _reply.Write(content.Span);
        _ended = frame.Has(Http2FrameFlags.EndStream);
    }

    private TResponse Answer<TResponse>(MessageParser<TResponse> parser)
        where TResponse : IMessage<TResponse>
    {
        if (!_headers.TryGetValue("grpc-status", out var text)
            || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code))
        {
            throw Breach($"answered without a status (HTTP {_headers.GetValueOrDefault(":status", "unknown")})");
        }

        if (code != (int)StatusCode.OK)
        {
            var known = Enum.IsDefined((StatusCode)code) ? (StatusCode)code : StatusCode.Unknown;
            throw new RpcException(new Status(known, _headers.GetValueOrDefault("grpc-message", "")));
        }

        var reply = _reply.WrittenSpan;
        if (reply.Length < MessageWriter.PrefixBytes || reply[0] != 0
            || BinaryPrimitives.ReadUInt32BigEndian(reply[1..]) != reply.Length - MessageWriter.PrefixBytes)
        {
            throw Breach("answered without a message");
        }

        try
        {
            return parser.ParseFrom(reply[MessageWriter.PrefixBytes..]);
        }
        catch (InvalidProtocolBufferException)
        {
            throw Breach("answered with a malformed message");
        }
    }

    private static void RequireSense(bool makesSense, string what)
    {
        if (!makesSense)
        {
            throw Breach($"sent {what} against the rules");
        }
    }

    private static RpcException Breach(string what) => new(new Status(StatusCode.Unknown, $"The server {what}."));
}
