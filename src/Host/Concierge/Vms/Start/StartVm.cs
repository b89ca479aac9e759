using Microsoft.Extensions.Logging;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Start;

/// <summary>StartVm: a VM of that name runs afterwards, whether it did before or not.</summary>
internal sealed class StartVm(StartSequence sequence, VmSurroundings around, ILogger log)
{
    /// <summary>
    /// The VM that runs: the one that ran, the one that was being started, or a new one. A start that is under way is waited for and
    /// its failure is this one's too; so is the end of one that is going down, and the start is a new one then.
    /// </summary>
    public async Task<VmSnapshot> RunAsync(StartSpec order, CancellationToken cancel)
    {
        while (true)
        {
            var vm = around.Registry.Claim(order.Id, () => new Vm(order.Id, order.Type, around, log), out var isNew);
            if (isNew)
            {
                vm.Begin((start, abort) => sequence.RunAsync(order, start, abort));
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

            around.News.StartStep(order.Id, "Waiting for its end, which has begun");
            await vm.Ended.WaitAsync(cancel);
        }
    }
}
