using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>StartVm: a VM of that name runs afterwards, whether it did before or not.</summary>
internal sealed class StartVm(VmRegistry registry, VmLife life, StartSequence sequence, IVmEvents events, TimeProvider clock)
{
    /// <summary>
    /// The VM that runs: the one that ran, the one that was being started, or a new one. A start that is under way is waited for and
    /// its failure is this one's too; so is the end of one that is going down, and the start is a new one then. Where containers are asked
    /// for, the guest's container host is up as well.
    /// </summary>
    public async Task<VmSnapshot> RunAsync(StartSpec spec, CancellationToken cancel)
    {
        if (!spec.StartsTermina)
        {
            return (await RunningAsync(spec, cancel)).Snapshot;
        }

        StartTermina.Check(spec.Id, spec.Type);
        var (vm, running) = await RunningAsync(spec, cancel);
        StartTermina.Check(spec.Id, running.Type);
        return running.Cid is { } cid ? running with { Termina = await sequence.Termina.InRunningAsync(vm, cid, cancel) } : running;
    }

    private async Task<(Vm Vm, VmSnapshot Snapshot)> RunningAsync(StartSpec spec, CancellationToken cancel)
    {
        while (true)
        {
            var fresh = new Vm(spec.Id, spec.Type, clock);
            var vm = registry.Claim(fresh);
            if (vm == fresh)
            {
                life.Begin(vm, abort => sequence.RunAsync(vm, spec, abort));
                return (vm, await vm.Started);
            }

            if (!vm.IsGoing)
            {
                await vm.Started.WaitAsync(cancel);
                if (vm.Snapshot is { State: VmState.Running } present && !vm.IsGoing)
                {
                    return (vm, present);
                }
            }

            if (vm.Snapshot.State == VmState.Detached)
            {
                throw new VmToolsException(ErrorKind.Unavailable, "vm_concierge is ending. Try again in a moment.");
            }

            events.StartStep(spec.Id, "Waiting for its end, which has begun");
            await vm.Ended.WaitAsync(cancel);
        }
    }
}
