using VmTools.Host.Bus;
using VmTools.Host.Vmc.Cli;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc.Machines;

/// <summary>The caller's VMs: those that run, and those of which there is only a disk.</summary>
internal static class VmRows
{
    public static async Task<IReadOnlyList<VmRow>> ReadAsync(ConciergeClient concierge, CancellationToken cancel)
    {
        var states = await concierge.StatesAsync(cancel);
        var vms = (await concierge.VmsAsync(cancel)).ToDictionary(vm => vm.Name, StringComparer.Ordinal);
        var disks = (await concierge.DisksAsync(cancel)).Images.GroupBy(disk => disk.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var present = states.Values.Where(state => state.Ended is null).Select(state => state.Name);
        return
        [
            .. present.Union(vms.Keys, StringComparer.Ordinal).Union(disks.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(name => RowOf(name, states.GetValueOrDefault(name), vms.GetValueOrDefault(name), disks.GetValueOrDefault(name))),
        ];
    }

    /// <summary>What there is of a VM, from up to three answers that were given one after the other.</summary>
    private static VmRow RowOf(string name, VmStateReport? state, ExtendedVmInfo? vm, VmDiskInfo? disk) => new(name, StateOf(state, vm))
    {
        Reason = state?.Reason,
        Type = vm is not null ? CommonOptions.NameOf(vm.VmInfo.VmType) : disk is { HasVmType: true } ? CommonOptions.NameOf(disk.VmType) : null,
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
