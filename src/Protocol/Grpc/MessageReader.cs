using System.Buffers;
using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>The bytes of one message for a generated parser.</summary>
internal sealed class MessageReader(ReadOnlySequence<byte> payload) : DeserializationContext
{
    public override int PayloadLength => (int)payload.Length;

    public override byte[] PayloadAsNewBuffer() => payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => payload;
}
