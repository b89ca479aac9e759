using System.Buffers;
using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>A method of one message there and one back, which can be called without a connection, too.</summary>
internal interface IUnaryMethod : IServedMethod
{
    /// <summary>Parses the request, calls, and serializes the answer.</summary>
    Task<ReadOnlyMemory<byte>> InvokeAsync(ReadOnlySequence<byte> request, ServerCallContext context);
}
