using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>A method that takes messages until the caller ends them and answers with one, as the generated code describes it.</summary>
internal sealed class ClientStreamingMethod<TRequest, TResponse>(
    Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse> handler) : IServedMethod
    where TRequest : class
    where TResponse : class
{
    public string Name => method.FullName;

    public async Task AnswerAsync(GrpcExchange exchange, GrpcCallContext call, int messageBytes)
    {
        var response = await handler(new Requests(exchange, method.RequestMarshaller, messageBytes), call)
            ?? throw new InvalidOperationException($"{Name} answered nothing.");
        await exchange.AnswerAsync(method.ResponseMarshaller.Write(response), call);
    }

    /// <summary>The messages one after the other; the next is read when it is asked for, and the caller waits meanwhile.</summary>
    private sealed class Requests(GrpcExchange exchange, Marshaller<TRequest> marshaller, int messageBytes) : IAsyncStreamReader<TRequest>
    {
        private TRequest? _current;

        public TRequest Current => _current ?? throw new InvalidOperationException("No message has been read.");

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var message = await exchange.ReadNextAsync(messageBytes, cancellationToken);
            _current = message is { } bytes ? marshaller.Parse(bytes) : null;
            return _current is not null;
        }
    }
}
