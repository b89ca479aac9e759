namespace VmTools.Host.Concierge.Vmm;

/// <summary>One disk of a VM besides its root disk. The path may be <c>/proc/self/fd/N</c> of a passed descriptor.</summary>
internal sealed record VmmDisk(string Path, bool IsReadOnly)
{
    /// <summary>The descriptor that holds the image's lock, for a VMM that locks images in the same way and must not meet its own lock.</summary>
    public string? Locked { get; init; }

    /// <summary>The image's own path where <see cref="Path"/> is that of a descriptor: for people and for <see cref="DiskUsers"/> to read on a command line.</summary>
    public string? Name { get; init; }
}
