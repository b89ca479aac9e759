using System.Buffers;
using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>One method of a service, with its message types hidden.</summary>
internal interface IUnaryMethod
{
    /// <summary>As on the wire: /package.Service/Method.</summary>
    string Name { get; }

    /// <summary>Parses the request, calls, and serializes the answer.</summary>
    Task<ReadOnlyMemory<byte>> InvokeAsync(ReadOnlySequence<byte> request, ServerCallContext context);
}
