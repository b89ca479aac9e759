using Microsoft.Extensions.Logging;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>
/// The steps from a request to a guest that answers:
/// 1. the host has what it takes: a VMM, an image, memory, the CPUs asked for;
/// 2. a CID, a record and the vsock device, which starts while the disks are locked and looked at;
/// 3. VmStartingUp, then the VMM;
/// 4. the guest says that it is ready, unless the VMM, the device or the caller ends first;
/// 5. network, clock and disks of the guest, and its container host where one was asked for;
/// 6. the record says running.
/// What a step takes is given back in reverse when a later one fails.
/// </summary>
internal sealed class StartSequence(IVmEvents events, TimeProvider clock, ILogger log)
{
    public required StartPlanner Planner { get; init; }

    public required VmHoldings Holdings { get; init; }

    public required VmProcesses Processes { get; init; }

    public required StartDisks Disks { get; init; }

    public required GuestBoot Guests { get; init; }

    public required StartTermina Termina { get; init; }

    /// <summary>Sees to it that daemons take the guest's logs and crashes; what fails there is no failure of the start.</summary>
    public Func<Task> EnsureSiblings { get; init; } = static () => Task.CompletedTask;

    public async Task<RunningVm> RunAsync(Vm vm, StartSpec spec, CancellationToken cancel)
    {
        var steps = new StepLog(vm.Id, events, clock, log);
        await using var held = new Reservations(log);

        // 1.
        steps.Begin("Checking the host and the image");
        var plan = Planner.Plan(spec);

        // 2.
        steps.Begin("Preparing the disks and the vsock device");
        var paths = Holdings.TakePaths(vm.Id, held);
        var record = Holdings.TakeRecord(vm.Id, plan.RecordFor(paths, Holdings.Records.BootId, clock.GetUtcNow()), held);
        using var network = Processes.LaunchNetwork(plan, paths, held);
        var device = Processes.LaunchDevice(paths, network, held);
        var siblings = EnsureSiblings();
        record = Holdings.Records.Write(record with { Device = device.Process.Record, Network = network?.Process.Record });
        plan = await Disks.WithOwnAsync(plan, held, cancel);
        var locks = await Disks.LockAsync(plan, held, cancel);
        var mounts = await Disks.PrepareAsync(plan, cancel);
        await device.Ready.WaitAsync(cancel);
        await siblings.WaitAsync(cancel);

        // 3.
        steps.Begin(plan.BackEnd.Choice.IsEmulated ? "Starting the VMM (without KVM, which 'vmc doctor' explains)" : "Starting the VMM");
        vm.Announce(record);
        events.StartingUp(vm.Snapshot);
        using var pending = Guests.Expect(paths.Cid);
        var vmm = Processes.LaunchVmm(plan, plan.ConfigurationFor(paths, network, [.. locks.Files]), paths, record, held);
        record = Holdings.Records.Write(record with { Vmm = vmm.Record });
        vm.Launched(vmm, device.Process);

        // 4.
        steps.Begin("Waiting for the guest to boot");
        await new ReadyWait(paths, record, plan.ReadyLimit, clock).RunAsync(pending.Ready, vmm, device.Process, cancel);

        // 5.
        network?.ThrowIfEnded(paths);
        await Guests.SetUpAsync(paths.Cid, mounts, steps, cancel);
        if (spec.StartsTermina)
        {
            steps.Begin(StartTermina.Step);
            await Termina.DuringStartAsync(vm, paths.Cid, cancel);
        }

        // 6.
        Disks.KeepOwn(vm.Id);
        record = Holdings.Records.Write(record with { IsRunning = true, HasTermina = spec.StartsTermina });
        steps.End();
        return new RunningVm(record, vmm, device.Process, held.Release());
    }
}
