using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.Vms;

namespace VmTools.Host.Concierge.Verbs;

/// <summary>StartVm: a VM of that name runs afterwards, whether it did before or not.</summary>
internal sealed class StartVm(StartSequence sequence, VmSurroundings around, ILogger log)
{
    /// <summary>The VM that was there already, or the one that was started; or the first cause of a failure.</summary>
    public async Task<VmSnapshot> RunAsync(StartOrder order, CancellationToken cancel)
    {
        while (true)
        {
            var vm = around.Registry.Claim(order.Id, () => new Vm(order.Id, order.Type, around, log), out var isNew);
            if (isNew)
            {
                vm.Begin((start, abort) => sequence.RunAsync(order, start, abort));
                return await vm.Started;
            }

            if (vm.Snapshot is { State: VmState.Claimed or VmState.Starting or VmState.Running } present)
            {
                return present;
            }

            // The predecessor is going down: its end frees the name.
            await vm.Ended.WaitAsync(cancel);
        }
    }
}
