using VmTools.Host.Bus;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc;

/// <summary>The caller's VMs: those that run, and those of which there is only a disk.</summary>
internal static class VmRows
{
    public static async Task<IReadOnlyList<VmRow>> ReadAsync(ConciergeClient concierge, CancellationToken cancel)
    {
        var vms = await concierge.VmsAsync(cancel);
        var disks = (await concierge.DisksAsync(cancel)).Images.ToLookup(disk => disk.Name, StringComparer.Ordinal);
        var running = vms.Select(vm => Running(vm, disks[vm.Name].FirstOrDefault()));
        var stopped = disks.Where(disk => vms.All(vm => vm.Name != disk.Key)).Select(disk => Stopped(disk.First()));
        return [.. running.Concat(stopped).OrderBy(row => row.Name, StringComparer.Ordinal)];
    }

    private static VmRow Running(ExtendedVmInfo vm, VmDiskInfo? disk) => new(vm.Name, StateOf(vm.Status))
    {
        Type = Words.NameOf(vm.VmInfo.VmType),
        Cid = vm.VmInfo.Cid,
        Pid = vm.VmInfo.Pid > 0 ? vm.VmInfo.Pid : null,
        MemoryBytes = vm.VmInfo.AllocatedMemory,
        DiskBytes = disk?.Size,
        DiskPath = disk?.Path,
    };

    private static VmRow Stopped(VmDiskInfo disk) => new(disk.Name, StateOf(VmStatus.Stopped))
    {
        Type = disk.HasVmType ? Words.NameOf(disk.VmType) : null,
        DiskBytes = disk.Size,
        DiskPath = disk.Path,
    };

    private static string StateOf(VmStatus status) => status switch
    {
        VmStatus.Running => "running",
        VmStatus.Starting => "starting",
        VmStatus.Stopped => "stopped",
        VmStatus.Failure => "failed",
        VmStatus.DiskOpInProgress => "busy",
        VmStatus.Unknown => "unknown",
        _ => "unknown",
    };
}
