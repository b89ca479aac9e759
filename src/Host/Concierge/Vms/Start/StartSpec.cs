using VmTools.Host.Concierge.Disks;
using VmTools.Host.Vms;
using VmTools.Linux;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>A StartVm request, read and checked as far as the request alone can be.</summary>
internal sealed record StartSpec(VmId Id)
{
    public VmType Type { get; init; }

    /// <summary>0 leaves the choice to us.</summary>
    public int CpuCount { get; init; }

    /// <summary>Null takes what the daemon gives every VM.</summary>
    public long? MemoryMiB { get; init; }

    /// <summary>Null takes the limit that suits the VMM.</summary>
    public TimeSpan? ReadyLimit { get; init; }

    /// <summary>The guest's container host is to be up when the caller is answered.</summary>
    public bool StartsTermina { get; init; }

    /// <summary>Lets the guest reach services on the host's loopback by the gateway's address.</summary>
    public bool ReachesHostLoopback { get; init; }

    public bool RootIsWritable { get; init; }

    public IReadOnlyList<string> KernelParameters { get; init; } = [];

    /// <summary>The first one is the stateful disk; without a path it is the VM's own, which is made where there is none.</summary>
    public IReadOnlyList<StartDisk> Disks { get; init; } = [];

    /// <summary>Opened files that take the place of the image's, owned by the caller.</summary>
    public FdHandle? Kernel { get; init; }

    public FdHandle? Initramfs { get; init; }

    public FdHandle? RootDisk { get; init; }
}
