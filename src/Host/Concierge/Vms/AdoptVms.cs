using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.Device;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// What a daemon does with the records of a former one: VMs that run are taken back, with their pids and CIDs; the rest of
/// VMs that died, or whose start was never answered, is ended and cleared, and their end is told.
/// </summary>
internal sealed partial class AdoptVms(StartResources resources, VmSurroundings around, TimeProvider clock, ILogger log)
{
    /// <summary>The VMs that were not taken back.</summary>
    public async Task<IReadOnlyList<VmSnapshot>> RunAsync()
    {
        var ended = await Task.WhenAll(resources.Records.ReadAll().Select(TakeBackAsync));
        ClearStrays();
        return [.. ended.OfType<VmSnapshot>()];
    }

    /// <summary>For once the daemon has its name on the bus: nobody could have known the sender before.</summary>
    public void Tell(IEnumerable<VmSnapshot> ended)
    {
        foreach (var vm in ended)
        {
            around.News.Stopped(vm, VmStopReason.VmExited);
        }
    }

    private async Task<VmSnapshot?> TakeBackAsync(VmRecord record)
    {
        var id = VmId.Parse(record.Owner, record.Name);
        var isThisBoot = record.BootId == resources.Records.BootId;
        var vmm = isThisBoot ? AdoptedProcess.Find(record.Vmm) : null;
        var device = isThisBoot ? AdoptedProcess.Find(record.Device) : null;
        if (record.IsRunning && vmm is not null && device is not null)
        {
            Adopt(id, record, vmm, device);
            return null;
        }

        await ClearAsync(id, record, vmm, device);
        var sentence = ConsoleHistory.Of(resources.Directories, record).Panic() ?? (isThisBoot
            ? "It ended while no vm_concierge ran; why is not known."
            : "The machine it ran on went down.");
        var ending = new VmEnding(VmStopReason.VmExited, sentence, clock.GetUtcNow());
        around.Endings.Keep(id, ending);
        return new VmSnapshot(id, VmState.Stopped, record.Type) { Cid = new Cid(record.Cid), Problem = sentence, Ending = ending };
    }

    private void Adopt(VmId id, VmRecord record, AdoptedProcess vmm, AdoptedProcess device)
    {
        var held = new Reservations(log);
        var cid = held.Hold(resources.Cids.Adopt(new Cid(record.Cid)));
        held.Hold(new PathsReservation(new VmPaths(resources.Directories, id, cid.Value)));
        held.Hold(new RecordReservation(resources.Records, id));
        HoldNetwork(record, held);
        held.Hold(new DeviceReservation(device, cid.Value, resources.DeviceDirectory, clock));
        held.Hold(new VmmReservation(vmm, record, resources.Shutdown));
        resources.DeviceDirectory.Register(cid.Value, device.Pid, device.StartTime);

        var vm = around.Registry.Claim(id, () => new Vm(id, record.Type, around, log), out _);
        vm.Adopt(new RunningVm(record, vmm, device, held), new VmSnapshot(id, VmState.Claimed, record.Type)
        {
            Cid = cid.Value,
            VmmPid = vmm.Pid,
            DevicePid = device.Pid,
            MemoryMiB = record.MemoryMiB,
            HostMemoryMiB = record.HostMemoryMiB,
            Address = GuestNetwork.UserMode.Address,
        });
        LogAdopted(id.Name.Value, record.Cid, vmm.Pid);
    }

    private async Task ClearAsync(VmId id, VmRecord record, AdoptedProcess? vmm, AdoptedProcess? device)
    {
        await using (var held = new Reservations(log))
        {
            var cid = held.Hold(resources.Cids.Adopt(new Cid(record.Cid)));
            held.Hold(new PathsReservation(new VmPaths(resources.Directories, id, cid.Value)));
            held.Hold(new RecordReservation(resources.Records, id));
            HoldNetwork(record, held);
            if (device is not null)
            {
                held.Hold(new DeviceReservation(device, cid.Value, resources.DeviceDirectory, clock));
            }

            if (vmm is not null)
            {
                held.Hold(new VmmReservation(vmm, record, resources.Shutdown));
            }
            else if (File.Exists(record.ControlSocket))
            {
                // The former daemon may have ended between launching the VMM and writing its pid down.
                await resources.Shutdown.AskToQuitAsync(record);
            }

            resources.DeviceDirectory.Unregister(cid.Value);
        }

        LogCleared(id.Name.Value, record.Cid);
    }

    private void HoldNetwork(VmRecord record, Reservations held)
    {
        if (record.BootId == resources.Records.BootId && AdoptedProcess.Find(record.Network) is { } network)
        {
            held.Hold(new NetworkReservation(network, clock));
        }
    }

    /// <summary>Socket directories that no record speaks for: what an unclean end left between two steps.</summary>
    private void ClearStrays()
    {
        var known = around.Registry.All.Select(vm => new VmPaths(resources.Directories, vm.Id, vm.Snapshot.Cid!.Value).Runtime).ToHashSet(StringComparer.Ordinal);
        foreach (var stray in Directory.EnumerateDirectories(resources.Directories.Runtime, "vm.*").Where(path => !known.Contains(path)))
        {
            Directory.Delete(stray, recursive: true);
        }
    }

    [LoggerMessage(3060, LogLevel.Information, "VM {Vm}: taken back, CID {Cid}, VMM pid {Pid}")]
    private partial void LogAdopted(string vm, uint cid, int pid);

    [LoggerMessage(3061, LogLevel.Warning, "VM {Vm}: ended while no daemon ran; CID {Cid} and what else it held is cleared")]
    private partial void LogCleared(string vm, uint cid);
}
