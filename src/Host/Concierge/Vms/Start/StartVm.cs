using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>StartVm: a VM of that name runs afterwards, whether it did before or not.</summary>
internal sealed class StartVm(VmRegistry registry, VmLife life, StartSequence sequence, IVmEvents events, TimeProvider clock)
{
    /// <summary>
    /// The VM that runs: the one that ran, the one that was being started, or a new one. A start that is under way is waited for and
    /// its failure is this one's too; so is the end of one that is going down, and the start is a new one then.
    /// </summary>
    public async Task<VmSnapshot> RunAsync(StartSpec spec, CancellationToken cancel)
    {
        while (true)
        {
            var fresh = new Vm(spec.Id, spec.Type, clock);
            var vm = registry.Claim(fresh);
            if (vm == fresh)
            {
                life.Begin(vm, abort => sequence.RunAsync(vm, spec, abort));
                return await vm.Started;
            }

            if (!vm.IsGoing)
            {
                await vm.Started.WaitAsync(cancel);
                if (vm.Snapshot is { State: VmState.Running } present && !vm.IsGoing)
                {
                    return present;
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
