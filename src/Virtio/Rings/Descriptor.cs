using System.Buffers.Binary;

namespace VmTools.Virtio.Rings;

/// <summary>One buffer as the driver describes it (virtio 1.2, section 2.7.5), copied out of guest memory once.</summary>
internal readonly record struct Descriptor(ulong Address, uint Length, DescriptorFlags Flags, ushort Next)
{
    public const int Size = 16;

    public bool IsDeviceWritable => (Flags & DescriptorFlags.Write) != 0;

    public bool IsIndirect => (Flags & DescriptorFlags.Indirect) != 0;

    public bool HasNext => (Flags & DescriptorFlags.Next) != 0;

    public static Descriptor Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
        (DescriptorFlags)BinaryPrimitives.ReadUInt16LittleEndian(bytes[12..]),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[14..]));
}
