using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>
/// What vm_concierge does with the records of a former one: VMs that run are taken back, with their pids and CIDs; the rest of
/// VMs that died, or whose start was never answered, is ended and cleared, and their end is told.
/// </summary>
internal sealed partial class AdoptVms(
    VmRegistry registry, VmLife life, VmHoldings holdings, VmEndings endings, TimeProvider clock, ILogger log)
{
    /// <summary>The VMs that were not taken back. Their end is to be told once vm_concierge has its name on the bus.</summary>
    public async Task<IReadOnlyList<VmSnapshot>> RunAsync()
    {
        var ended = await Task.WhenAll(holdings.Records.ReadAll().Select(TakeBackAsync));
        ClearStrays();
        return [.. ended.OfType<VmSnapshot>()];
    }

    private async Task<VmSnapshot?> TakeBackAsync(VmRecord record)
    {
        var id = record.Id;
        var isThisBoot = record.BootId == holdings.Records.BootId;
        var vmm = isThisBoot ? AdoptedProcess.Find(record.Vmm) : null;
        var device = isThisBoot ? AdoptedProcess.Find(record.Device) : null;
        if (record.IsRunning && vmm is not null && device is not null)
        {
            Adopt(id, record, vmm, device);
            return null;
        }

        await ClearAsync(id, record, vmm, device);
        var sentence = ConsoleHistory.Of(holdings.Directories, record).Panic() ?? (isThisBoot
            ? "It ended while no vm_concierge ran; why is not known."
            : "The machine it ran on went down.");
        var ending = new VmEnding(VmStopReason.VmExited, sentence, clock.GetUtcNow());
        endings.Keep(id, ending);
        return new VmSnapshot(id, VmState.Stopped, record.Type) { Cid = new Cid(record.Cid), Problem = sentence, Ending = ending };
    }

    private void Adopt(VmId id, VmRecord record, AdoptedProcess vmm, AdoptedProcess device)
    {
        var held = new Reservations(log);
        var paths = holdings.TakeBack(id, record, held);
        HoldNetwork(record, held);
        holdings.HoldDevice(device, paths.Cid, held);
        holdings.HoldVmm(vmm, record, held);
        holdings.Register(device, paths.Cid);

        life.Resume(registry.Claim(new Vm(id, record.Type, clock)), new RunningVm(record, vmm, device, held));
        LogAdopted(id.Name.Value, record.Cid, vmm.Pid);
    }

    private async Task ClearAsync(VmId id, VmRecord record, AdoptedProcess? vmm, AdoptedProcess? device)
    {
        await using (var held = new Reservations(log))
        {
            var paths = holdings.TakeBack(id, record, held);
            HoldNetwork(record, held);
            if (device is not null)
            {
                holdings.HoldDevice(device, paths.Cid, held);
            }

            if (vmm is not null)
            {
                holdings.HoldVmm(vmm, record, held);
            }
            else if (File.Exists(record.ControlSocket))
            {
                // The former vm_concierge may have ended between launching the VMM and writing its pid down.
                await holdings.AskVmmToQuitAsync(record);
            }

            holdings.Unregister(paths.Cid);
        }

        LogCleared(id.Name.Value, record.Cid);
    }

    private void HoldNetwork(VmRecord record, Reservations held)
    {
        if (record.BootId == holdings.Records.BootId && AdoptedProcess.Find(record.Network) is { } network)
        {
            holdings.HoldNetwork(network, held);
        }
    }

    /// <summary>Removes socket directories for which there is no record: what an unclean end left between two steps.</summary>
    private void ClearStrays()
    {
        var known = registry.All.Select(vm => new VmPaths(holdings.Directories, vm.Id, vm.Snapshot.Cid!.Value).Runtime)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var stray in Directory.EnumerateDirectories(holdings.Directories.Runtime, "vm.*").Where(path => !known.Contains(path)))
        {
            Directory.Delete(stray, recursive: true);
        }
    }

    [LoggerMessage(3060, LogLevel.Information, "VM {Vm}: taken back, CID {Cid}, VMM pid {Pid}")]
    private partial void LogAdopted(string vm, uint cid, int pid);

    [LoggerMessage(3061, LogLevel.Warning, "VM {Vm}: ended while no daemon ran; CID {Cid} and what else it held is cleared")]
    private partial void LogCleared(string vm, uint cid);
}
