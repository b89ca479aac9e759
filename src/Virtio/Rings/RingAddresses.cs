namespace VmTools.Virtio.Rings;

/// <summary>Where the three parts of a split ring are, as addresses of the front end.</summary>
public readonly record struct RingAddresses(ulong Descriptors, ulong Available, ulong Used)
{
    /// <summary>The alignments of virtio 1.2, section 2.7: they also make 16-bit index accesses indivisible.</summary>
    public bool AreAligned => Descriptors % 16 == 0 && Available % 2 == 0 && Used % 4 == 0;
}
