using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>Everything a VMM needs to know about one VM.</summary>
internal sealed record VmmConfiguration
{
    /// <summary>The name that people see in process lists; any text.</summary>
    public required string Name { get; init; }

    public required Cid Cid { get; init; }

    public required int CpuCount { get; init; }

    public required long MemoryMiB { get; init; }

    public required string Kernel { get; init; }

    public string? Initramfs { get; init; }

    /// <summary>The guest's <c>/dev/vda</c>.</summary>
    public required string RootDisk { get; init; }

    /// <summary>As <see cref="VmmDisk.Name"/>.</summary>
    public string? RootDiskName { get; init; }

    public bool RootIsWritable { get; init; }

    /// <summary><c>/dev/vdb</c> and on.</summary>
    public IReadOnlyList<VmmDisk> Disks { get; init; } = [];

    /// <summary>The kernel gets them after the parameters that the back end gives every kernel.</summary>
    public IReadOnlyList<string> KernelParameters { get; init; } = [];

    /// <summary>Where the VMM listens for control.</summary>
    public required string ControlSocket { get; init; }

    /// <summary>Where the VMM tells what happens to the VM, on a connection of its own; null for a VMM that is not listened to.</summary>
    public string? EventSocket { get; init; }

    /// <summary>The vsock device's vhost-user socket, on which it already listens.</summary>
    public required string VsockSocket { get; init; }

    /// <summary>Where the device's process takes the guest's console and limits its log; null where the console is not kept.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>
    /// One of the inherited descriptors: a connected SOCK_SEQPACKET socket of Ethernet frames. Null: a network of the VMM's own.
    /// </summary>
    public int? NetworkFd { get; init; }

    /// <summary>Inherited by the VMM as descriptors 3, 4, ….</summary>
    public IReadOnlyList<FdHandle> PassFds { get; init; } = [];
}

/// <summary>One disk of a VM besides its root disk. The path may be <c>/proc/self/fd/N</c> of a passed descriptor.</summary>
internal sealed record VmmDisk(string Path, bool IsReadOnly)
{
    /// <summary>
    /// The descriptor that holds the image's lock, for a VMM that locks images in the same way and must not meet its own lock.
    /// </summary>
    public string? Locked { get; init; }

    /// <summary>
    /// The image's own path where <see cref="Path"/> is that of a descriptor: for people and for <see cref="DiskUsers"/> to read on a
    /// command line.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>The serial number by which the guest finds the disk; null for a disk that the guest finds by its place.</summary>
    public string? Serial { get; init; }
}
