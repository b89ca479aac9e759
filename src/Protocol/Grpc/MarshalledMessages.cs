using System.Buffers;
using Google.Protobuf;
using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>Messages to and from bytes, by what the generated code knows of them.</summary>
internal static class MarshalledMessages
{
    /// <exception cref="RpcException">The bytes are no such message.</exception>
    public static T Parse<T>(this Marshaller<T> marshaller, ReadOnlySequence<byte> bytes)
    {
        try
        {
            return marshaller.ContextualDeserializer(new MessageReader(bytes));
        }
        catch (InvalidProtocolBufferException malformed)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The request is not a valid message.", malformed));
        }
    }

    /// <summary>The message with its prefix.</summary>
    public static ReadOnlyMemory<byte> Write<T>(this Marshaller<T> marshaller, T message)
    {
        var payload = new MessageWriter();
        marshaller.ContextualSerializer(message, payload);
        return payload.Written;
    }
}
