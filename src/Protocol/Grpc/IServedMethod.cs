namespace VmTools.Protocol.Grpc;

/// <summary>One method of a service, with its message types hidden.</summary>
internal interface IServedMethod
{
    /// <summary>As on the wire: /package.Service/Method.</summary>
    string Name { get; }

    /// <summary>Reads what the call brings, has it handled, and answers; what goes wrong is thrown and not answered.</summary>
    /// <param name="exchange">The call's request and response.</param>
    /// <param name="call">What the handler is told of the call.</param>
    /// <param name="messageBytes">No message of the request may be longer.</param>
    Task AnswerAsync(GrpcExchange exchange, GrpcCallContext call, int messageBytes);
}
