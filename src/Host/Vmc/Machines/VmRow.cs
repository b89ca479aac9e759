using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc.Machines;

/// <summary>One VM in a listing. What a stopped VM has not is null.</summary>
internal sealed record VmRow(string Name, string State)
{
    /// <summary>Why it does not run although it should.</summary>
    public string? Reason { get; init; }

    public string? Type { get; init; }

    public long? Cid { get; init; }

    public int? Pid { get; init; }

    public long? MemoryBytes { get; init; }

    /// <summary>What the VM may take of the host's memory at most.</summary>
    public long? HostMemoryBytes { get; init; }

    /// <summary>What the disk takes on the host.</summary>
    public ulong? DiskBytes { get; init; }

    public string? DiskPath { get; init; }

    /// <summary>How many of its containers run; null where it does not run, or nobody says.</summary>
    public int? RunningContainers { get; init; }

    /// <summary>How it ended last; null while it is there.</summary>
    public string? Ended { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether it was ended because its guest did not switch itself off.</summary>
    public bool? Forced { get; init; }

    /// <summary>The state for people: <c>paused: host disk full</c>.</summary>
    public static string Describe(string state, string? reason) => reason is null ? state : $"{state}: {reason}";
}

/// <summary>The caller's VMs: those that run, and those of which there is only a disk.</summary>
internal static class VmRows
{
    public static async Task<IReadOnlyList<VmRow>> ReadAsync(ConciergeClient concierge, CancellationToken cancel)
    {
        var states = await concierge.StatesAsync(cancel);
        var vms = (await concierge.VmsAsync(cancel)).ToDictionary(vm => vm.Name, StringComparer.Ordinal);
        var disks = (await concierge.DisksAsync(cancel)).Images.GroupBy(disk => disk.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var containers = await concierge.Cicerone.TryCountContainersAsync(cancel);
        var present = states.Values.Where(state => state.Ended is null).Select(state => state.Name);
        return
        [
            .. present.Union(vms.Keys, StringComparer.Ordinal).Union(disks.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(name => RowOf(name, states.GetValueOrDefault(name), vms.GetValueOrDefault(name), disks.GetValueOrDefault(name)))
                .Select(row => row.Cid is null || containers is null
                    ? row
                    : row with { RunningContainers = containers.GetValueOrDefault(row.Name) }),
        ];
    }

    /// <summary>What there is of a VM, from up to three answers that were given one after the other.</summary>
    private static VmRow RowOf(string name, VmStateReport? state, ExtendedVmInfo? vm, VmDiskInfo? disk) => new(name, StateOf(state, vm))
    {
        Reason = state?.Reason,
        Type = vm is not null ? CommonOptions.NameOf(vm.VmInfo.VmType)
            : disk is { HasVmType: true } ? CommonOptions.NameOf(disk.VmType)
            : null,
        Cid = vm?.VmInfo.Cid,
        Pid = vm?.VmInfo.Pid > 0 ? vm.VmInfo.Pid : null,
        MemoryBytes = vm?.VmInfo.AllocatedMemory,
        HostMemoryBytes = vm is not null && state?.HostMemoryMib > 0 ? state.HostMemoryMib << 20 : null,
        DiskBytes = disk?.Size,
        DiskPath = disk?.Path,
        Ended = vm is null ? state?.Ended?.Reason : null,
        EndedAt = vm is null ? state?.Ended?.Time : null,
        Forced = vm is null ? state?.Ended?.Forced : null,
    };

    private static string StateOf(VmStateReport? state, ExtendedVmInfo? vm) => (state, vm?.Status) switch
    {
        ({ Ended: null } report, _) => report.State,
        (_, null) => "stopped",
        (_, VmStatus.Running) => "running",
        (_, VmStatus.Starting) => "starting",
        _ => "unknown",
    };
}
