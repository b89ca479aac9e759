using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>Takes the bytes of one message from a generated serializer and puts the gRPC prefix before them.</summary>
internal sealed class MessageWriter : SerializationContext
{
    /// <summary>One byte "compressed", four bytes length, big-endian (gRPC over HTTP/2, Length-Prefixed-Message).</summary>
    public const int PrefixBytes = 5;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public MessageWriter() => _bytes.Advance(Reserve());

    /// <summary>Prefix and message.</summary>
    public ReadOnlyMemory<byte> Written { get; private set; }

    public override void SetPayloadLength(int payloadLength) => _bytes.GetSpan(payloadLength);

    public override IBufferWriter<byte> GetBufferWriter() => _bytes;

    public override void Complete(byte[] payload)
    {
        _bytes.Write(payload);
        Complete();
    }

    public override void Complete()
    {
        var whole = _bytes.WrittenMemory.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(whole.AsSpan(1), whole.Length - PrefixBytes);
        Written = whole;
    }

    private int Reserve()
    {
        _bytes.GetSpan(PrefixBytes)[..PrefixBytes].Clear();
        return PrefixBytes;
    }
}
