using System.Net;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.Vms.Health;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>What callers see of a VM: one moment, never changed afterwards.</summary>
internal sealed record VmSnapshot(VmId Id, VmState State, VmType Type)
{
    /// <summary>Null until the start has taken one.</summary>
    public Cid? Cid { get; init; }

    /// <summary>Null until the VMM runs.</summary>
    public int? VmmPid { get; init; }

    public int? DevicePid { get; init; }

    public long MemoryMiB { get; init; }

    /// <summary>What the VMM may take of the host at most: the guest's memory, its translator's buffer, and itself.</summary>
    public long HostMemoryMiB { get; init; }

    /// <summary>The guest's address as the guest itself sees it.</summary>
    public IPAddress? Address { get; init; }

    /// <summary>Set while the VM ends and no caller asked for it: the first cause, as a sentence.</summary>
    public string? Problem { get; init; }

    /// <summary>Null while it runs as it should, and before it runs.</summary>
    public VmCondition? Condition { get; init; }

    /// <summary>Set in the answer to a caller that asked for containers and for whom they were started.</summary>
    public TerminaStart? Termina { get; init; }

    /// <summary>Set once it has ended.</summary>
    public VmEnding? Ending { get; init; }
}
