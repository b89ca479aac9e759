using System.Buffers;
using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>A method that takes one message and answers with one, as the generated code describes it.</summary>
internal sealed class UnaryMethod<TRequest, TResponse>(
    Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse> handler) : IUnaryMethod
    where TRequest : class
    where TResponse : class
{
    public string Name => method.FullName;

    public async Task AnswerAsync(GrpcExchange exchange, GrpcCallContext call, int messageBytes) =>
        await exchange.AnswerAsync(await InvokeAsync(await exchange.ReadMessageAsync(messageBytes, call.CancellationToken), call), call);

    public async Task<ReadOnlyMemory<byte>> InvokeAsync(ReadOnlySequence<byte> request, ServerCallContext context)
    {
        var response = await handler(method.RequestMarshaller.Parse(request), context)
            ?? throw new InvalidOperationException($"{Name} answered nothing.");
        return method.ResponseMarshaller.Write(response);
    }
}
