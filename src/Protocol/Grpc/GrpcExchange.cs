using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;

namespace VmTools.Protocol.Grpc;

/// <summary>One HTTP/2 request and its response, in gRPC's words (gRPC over HTTP/2).</summary>
internal sealed class GrpcExchange(IFeatureCollection features)
{
    private const string ContentType = "application/grpc";

    private readonly IHttpRequestFeature _request = features.GetRequiredFeature<IHttpRequestFeature>();
    private readonly IHttpResponseFeature _response = features.GetRequiredFeature<IHttpResponseFeature>();
    private readonly IHttpResponseBodyFeature _body = features.GetRequiredFeature<IHttpResponseBodyFeature>();

    /// <summary>A POST of content type application/grpc, alone or with a suffix.</summary>
    public bool IsGrpc =>
        _request.Method == "POST"
        && _request.Headers.ContentType is [{ } type]
        && type.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase)
        && (type.Length == ContentType.Length || type[ContentType.Length] is '+' or ';');

    public string Path => _request.Path;

    public string Host => _request.Headers.Host.ToString();

    public string? Timeout => _request.Headers["grpc-timeout"];

    public VsockPeer Peer => features.GetRequiredFeature<VsockPeer>();

    /// <summary>Fires when the peer has gone or has reset the call.</summary>
    public CancellationToken Aborted => features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;

    public Metadata RequestMetadata() => GrpcMetadata.Read(_request.Headers);

    /// <summary>What is not gRPC is answered as HTTP: unsupported media type.</summary>
    public void RefuseAsHttp() => _response.StatusCode = _request.Method == "POST" ? 415 : 405;

    /// <summary>The request's one message; there must be exactly one, not compressed, and not too long.</summary>
    public async Task<ReadOnlySequence<byte>> ReadMessageAsync(int limit, CancellationToken cancel)
    {
        var pipe = features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        var message = await ReadOneAsync(pipe, limit, cancel);
        await ExpectEndAsync(pipe, cancel);
        return message;
    }

    /// <summary>The next of the request's messages; null where there is none any more.</summary>
    public async Task<ReadOnlySequence<byte>?> ReadNextAsync(int limit, CancellationToken cancel)
    {
        var pipe = features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        var prefix = await pipe.ReadAtLeastAsync(MessageWriter.PrefixBytes, cancel);
        if (prefix.Buffer.IsEmpty)
        {
            pipe.AdvanceTo(prefix.Buffer.End);
            return null;
        }

        pipe.AdvanceTo(prefix.Buffer.Start);
        return await ReadOneAsync(pipe, limit, cancel);
    }

    /// <summary>The one message, unless the handler has set another status than success.</summary>
    public async Task AnswerAsync(ReadOnlyMemory<byte> message, GrpcCallContext call)
    {
        if (call.Status.StatusCode == StatusCode.OK)
        {
            await WriteAsync(message, call.CancellationToken);
        }

        End(call.Status, call.ResponseTrailers);
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> message, CancellationToken cancel)
    {
        SetHeaders();
        await _body.Writer.WriteAsync(message, cancel);
    }

    /// <summary>The status in the trailers, which are the headers where nothing was sent.</summary>
    public void End(Status status, Metadata? trailers = null)
    {
        if (_response.HasStarted)
        {
            WriteStatus(features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers, status, trailers);
            return;
        }

        SetHeaders();
        WriteStatus(_response.Headers, status, trailers);
    }

    public async Task SendHeadersAsync(Metadata headers)
    {
        SetHeaders();
        GrpcMetadata.Write(headers, _response.Headers);
        await _body.StartAsync();
    }

    private void SetHeaders()
    {
        if (!_response.HasStarted)
        {
            _response.StatusCode = 200;
            _response.Headers.ContentType = ContentType;
        }
    }

    private static void WriteStatus(Microsoft.AspNetCore.Http.IHeaderDictionary to, Status status, Metadata? trailers)
    {
        to["grpc-status"] = ((int)status.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            to["grpc-message"] = GrpcMetadata.PercentEncode(status.Detail);
        }

        GrpcMetadata.Write(trailers ?? [], to);
    }

    private async Task<ReadOnlySequence<byte>> ReadOneAsync(PipeReader pipe, int limit, CancellationToken cancel)
    {
        var prefix = await ReadAtLeastAsync(pipe, MessageWriter.PrefixBytes, cancel);
        var length = LengthOf(prefix.Buffer, limit);
        pipe.AdvanceTo(prefix.Buffer.Start);

        var whole = await ReadAtLeastAsync(pipe, MessageWriter.PrefixBytes + length, cancel);
        var message = new ReadOnlySequence<byte>(whole.Buffer.Slice(MessageWriter.PrefixBytes, length).ToArray());
        pipe.AdvanceTo(whole.Buffer.GetPosition(MessageWriter.PrefixBytes + length));
        return message;
    }

    private static async Task<ReadResult> ReadAtLeastAsync(PipeReader pipe, int count, CancellationToken cancel)
    {
        var read = await pipe.ReadAtLeastAsync(count, cancel);
        return read.Buffer.Length >= count ? read : throw Fault(StatusCode.Internal, "The request ended before its message.");
    }

    private int LengthOf(in ReadOnlySequence<byte> buffer, int limit)
    {
        Span<byte> prefix = stackalloc byte[MessageWriter.PrefixBytes];
        buffer.Slice(0, MessageWriter.PrefixBytes).CopyTo(prefix);
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (prefix[0] != 0)
        {
            throw Encoding is null
                ? Fault(StatusCode.Internal, "The message is marked as compressed, but no encoding was agreed on.")
                : Fault(StatusCode.Unimplemented, "Compressed messages are not taken here.");
        }

        return length <= limit
            ? (int)length
            : throw Fault(StatusCode.ResourceExhausted, $"The message is longer than {limit} bytes.");
    }

    private string? Encoding => _request.Headers["grpc-encoding"].ToString() is { Length: > 0 } named and not "identity" ? named : null;

    private static async Task ExpectEndAsync(PipeReader pipe, CancellationToken cancel)
    {
        var rest = await pipe.ReadAsync(cancel);
        var isEnd = rest.Buffer.IsEmpty && rest.IsCompleted;
        pipe.AdvanceTo(rest.Buffer.End);
        if (!isEnd)
        {
            throw Fault(StatusCode.Internal, "The request goes on after its message.");
        }
    }

    private static RpcException Fault(StatusCode code, string detail) => new(new Status(code, detail));
}
