namespace VmTools.Virtio.Vsock;

/// <summary>What a host stream reports, edge by edge.</summary>
[Flags]
internal enum HostReadiness
{
    None = 0,
    Readable = 1,
    Writable = 2,

    /// <summary>The host program has closed: nothing more can be written to it. What it wrote can still be read.</summary>
    HungUp = 4,
}
