using System.Buffers;
using Google.Protobuf;
using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>One method as the generated code describes it.</summary>
internal sealed class UnaryMethod<TRequest, TResponse>(
    Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler) : IUnaryMethod
    where TRequest : class
    where TResponse : class
{
    public string Name => method.FullName;

    public async Task<ReadOnlyMemory<byte>> InvokeAsync(ReadOnlySequence<byte> request, ServerCallContext context)
    {
        var response = await handler(Parse(request), context)
            ?? throw new InvalidOperationException($"{Name} answered nothing.");
        var payload = new MessageWriter();
        method.ResponseMarshaller.ContextualSerializer(response, payload);
        return payload.Written;
    }

    private TRequest Parse(ReadOnlySequence<byte> request)
    {
        try
        {
            return method.RequestMarshaller.ContextualDeserializer(new MessageReader(request));
        }
        catch (InvalidProtocolBufferException malformed)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The request is not a valid message.", malformed));
        }
    }
}
