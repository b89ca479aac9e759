using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>A method that takes one message and answers with any number, as the generated code describes it.</summary>
internal sealed class ServerStreamingMethod<TRequest, TResponse>(
    Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse> handler) : IServedMethod
    where TRequest : class
    where TResponse : class
{
    public string Name => method.FullName;

    public async Task AnswerAsync(GrpcExchange exchange, GrpcCallContext call, int messageBytes)
    {
        var request = await exchange.ReadMessageAsync(messageBytes, call.CancellationToken);
        await handler(method.RequestMarshaller.Parse(request), new Responses(exchange, method.ResponseMarshaller, call), call);
        exchange.End(call.Status, call.ResponseTrailers);
    }

    /// <summary>Sends the messages; each is on its way, as far as the caller takes it, when its write completes.</summary>
    private sealed class Responses(GrpcExchange exchange, Marshaller<TResponse> marshaller, GrpcCallContext call)
        : IServerStreamWriter<TResponse>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(TResponse message) => WriteAsync(message, call.CancellationToken);

        public Task WriteAsync(TResponse message, CancellationToken cancellationToken) =>
            exchange.WriteAsync(marshaller.Write(message), cancellationToken);
    }
}
