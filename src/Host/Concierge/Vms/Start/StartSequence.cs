using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.Device;
using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>
/// The steps from a request to a guest that answers:
/// 1. the host has what it takes: a VMM, an image, memory, the CPUs asked for;
/// 2. a CID, a record and the vsock device, which starts while the disks are locked and looked at;
/// 3. VmStartingUp, then the VMM;
/// 4. the guest says that it is ready, unless the VMM, the device or the caller ends first;
/// 5. network, clock and disks of the guest;
/// 6. the record says running.
/// What a step takes is given back in reverse when a later one fails.
/// </summary>
internal sealed class StartSequence(StartResources resources, TimeProvider clock, ILogger log)
{
    public async Task<RunningVm> RunAsync(StartSpec order, IVmStart start, CancellationToken cancel)
    {
        var steps = new StepLog(order.Id, start, clock, log);
        await using var held = new Reservations(log);

        // 1.
        steps.Begin("Checking the host and the image");
        var backEnd = resources.Vmms.Choose();
        var plan = StartPlan.For(order, backEnd, resources);

        // 2.
        steps.Begin("Preparing the disks and the vsock device");
        var places = Claim(order, held);
        var record = resources.Records.Write(plan.RecordFor(places, resources.Records.BootId, clock.GetUtcNow()));
        held.Hold(new RecordReservation(resources.Records, order.Id));
        using var network = LaunchNetwork(plan, places, held);
        var device = LaunchDevice(places, network, held);
        var companions = resources.EnsureCompanions();
        record = resources.Records.Write(record with { Device = device.Process.Record, Network = network is null ? null : network.Process.Record });
        plan = await WithOwnDiskAsync(plan, held, cancel);
        var locks = held.Hold(await DiskLocks.TakeAsync(plan.Order.Disks, plan.WritableRoot, clock, cancel));
        var mounts = await resources.Disks.PrepareAsync(plan.Order.Disks, cancel);
        await device.Ready.WaitAsync(cancel);
        await companions.WaitAsync(cancel);

        // 3.
        steps.Begin(backEnd.Choice.IsEmulated ? "Starting the VMM (without KVM, which 'vmc doctor' explains)" : "Starting the VMM");
        start.Announce(record);
        using var pending = resources.Pending.Expect(places.Cid);
        var vmm = resources.Vmms.Launch(backEnd, plan.ConfigurationFor(places, network, [.. locks.Files]), places.VmmLog);
        held.Hold(new VmmReservation(vmm, record, resources.Shutdown));
        record = resources.Records.Write(record with { Vmm = vmm.Record });
        start.Launched(vmm, device.Process);

        // 4.
        steps.Begin("Waiting for the guest to boot");
        await new ReadyWait(places, ConsoleHistory.Of(resources.Directories, record), plan.ReadyLimit, clock).RunAsync(pending.Ready, vmm, device.Process, cancel);

        // 5.
        network?.ThrowIfEnded(places);
        await SetUpAsync(places.Cid, mounts, steps, cancel);

        // 6.
        resources.OwnDisk.Keep(order.Id);
        record = resources.Records.Write(record with { IsRunning = true });
        steps.End();
        return new RunningVm(record, vmm, device.Process, held.Release());
    }

    private VmPaths Claim(StartSpec order, Reservations held)
    {
        var cid = held.Hold(resources.Cids.Take());
        var places = new VmPaths(resources.Directories, order.Id, cid.Value);
        held.Hold(new PathsReservation(places)).Create();
        return places;
    }

    private async Task<StartPlan> WithOwnDiskAsync(StartPlan plan, Reservations held, CancellationToken cancel)
    {
        if (plan.Order.Disks is not [{ Path.Length: 0 } own, ..])
        {
            return plan;
        }

        var path = await resources.OwnDisk.EnsureAsync(plan.Order.Id, plan.Order.Type, held, cancel);
        return plan with { Order = plan.Order with { Disks = [own with { Path = path }, .. plan.Order.Disks.Skip(1)] } };
    }

    private LaunchedNetwork? LaunchNetwork(StartPlan plan, VmPaths places, Reservations held)
    {
        var network = plan.BackEnd.TakesFrames ? resources.Networks.Launch(places, plan.Order.ReachesHostLoopback) : null;
        if (network is not null)
        {
            held.Hold(new NetworkReservation(network.Process, clock));
        }

        return network;
    }

    private LaunchedDevice LaunchDevice(VmPaths places, LaunchedNetwork? network, Reservations held)
    {
        var device = resources.Devices.Launch(places, network);
        held.Hold(new DeviceReservation(device.Process, places.Cid, resources.DeviceDirectory, clock));
        resources.DeviceDirectory.Register(places.Cid, device.Process.Pid, device.Process.StartTime);
        return device;
    }

    /// <summary>The connection is not kept: an idle one would wake us and the guest for nothing.</summary>
    private async Task SetUpAsync(Cid cid, IReadOnlyList<GuestMount> mounts, StepLog steps, CancellationToken cancel)
    {
        await using var guest = resources.Guests.Connect(cid);
        steps.Begin("Setting up the guest's network");
        await guest.ConfigureNetworkAsync(GuestNetwork.UserMode, cancel);
        steps.Begin("Setting the guest's clock");
        await guest.SetTimeAsync(clock.GetUtcNow(), cancel);
        steps.Begin("Mounting the guest's disks");
        foreach (var mount in mounts)
        {
            await guest.MountAsync(mount, cancel);
        }
    }
}
