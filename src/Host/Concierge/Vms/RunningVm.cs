using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms;

/// <summary>A VM whose guest answers, with everything it holds on the host.</summary>
internal sealed record RunningVm(VmRecord Record, IHostProcess Vmm, IHostProcess Device, Reservations Held)
{
    /// <summary>
    /// To be awaited when the VMM has ended. The device writes the console: once it has ended too, what the guest said last is in the log.
    /// </summary>
    public Task DeviceFollowsVmmAsync(TimeProvider clock) => Device.EndsWithinAsync(VmmEnd.BriefLimit, clock);
}
