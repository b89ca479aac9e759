using System.Buffers.Binary;
using System.Net;

namespace VmTools.Protocol.Wire;

/// <summary>
/// IPv4 addresses in messages: a number whose bytes in memory are the address (in_addr_t, inet(3)). The protobuf files say only "uint32".
/// </summary>
public static class Ipv4Number
{
    /// <summary>The number of an IPv4 address; an address of another family is an <see cref="ArgumentException"/>.</summary>
    public static uint Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (!address.TryWriteBytes(bytes, out var length) || length != bytes.Length)
        {
            throw new ArgumentException($"{address} is not an IPv4 address.", nameof(address));
        }

        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    /// <summary>The address that a number stands for; 0 is 0.0.0.0.</summary>
    public static IPAddress ToAddress(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        }

        return new IPAddress(bytes);
    }
}
