using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vmm;

/// <summary>Everything a VMM needs to know about one VM.</summary>
internal sealed record VmmConfiguration
{
    /// <summary>For people who look at process lists; any text.</summary>
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

    /// <summary>Appended after the words that the back end gives every kernel.</summary>
    public IReadOnlyList<string> KernelParameters { get; init; } = [];

    /// <summary>Where the VMM listens for control.</summary>
    public required string ControlSocket { get; init; }

    /// <summary>Where the VMM tells what happens to the VM, on a connection of its own; null where nobody listens.</summary>
    public string? EventSocket { get; init; }

    /// <summary>The vsock device's vhost-user socket, on which it already listens.</summary>
    public required string VsockSocket { get; init; }

    /// <summary>Where the device's process takes the guest's console and limits its log; null where nobody wants to read it.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>One of the inherited descriptors: a connected SOCK_SEQPACKET socket of Ethernet frames. Null: a network of the VMM's own.</summary>
    public int? NetworkFd { get; init; }

    /// <summary>Inherited by the VMM as descriptors 3, 4, ….</summary>
    public IReadOnlyList<FdHandle> PassFds { get; init; } = [];
}
