namespace VmTools.Virtio.Rings;

/// <summary>Flags of a descriptor (virtio 1.2, section 2.7.5).</summary>
[Flags]
internal enum DescriptorFlags : ushort
{
    None = 0,

    /// <summary>The chain goes on at <see cref="Descriptor.Next"/>.</summary>
    Next = 1,

    /// <summary>The device writes this buffer; without it the device reads it.</summary>
    Write = 2,

    /// <summary>The buffer is itself a table of descriptors.</summary>
    Indirect = 4,
}
