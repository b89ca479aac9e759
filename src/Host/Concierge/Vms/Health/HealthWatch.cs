using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.Vmm;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Health;

/// <summary>Gives each VM that runs a watch over its health: one that listens to its VMM and one that knocks at its guest.</summary>
internal sealed class HealthWatch(IVmmLauncher vmms, IGuestConnector guests, TimeProvider clock, ILogger log)
{
    /// <summary>The watch over one VM, not begun yet; <paramref name="changed"/> is called after each change of its condition.</summary>
    public VmHealth For(RunningVm vm, Action changed) => new(
        vm,
        new PauseWatch(vm.Record, vmms, clock, log),
        new AnswerWatch(guests, new Cid(vm.Record.Cid), clock),
        changed,
        log);
}
