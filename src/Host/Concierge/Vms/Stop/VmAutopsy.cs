using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms.Health;
using VmTools.Host.Instance;

namespace VmTools.Host.Concierge.Vms.Stop;

/// <summary>Ends what is left of a VM whose VMM or vsock device died, and finds out why it did.</summary>
internal sealed partial class VmAutopsy(
    VmmEnd vmmEnd, InstanceDirectories directories, TimeProvider clock, ILogger log)
{
    /// <summary>The cause as a sentence. A VM without its device cannot be reached, and a device cannot be attached anew.</summary>
    public async Task<string> EndAsync(RunningVm running, VmHealth health)
    {
        var name = running.Record.Name;
        if (await running.Vmm.EndsWithinAsync(HostProcessEnd.SameEnd, clock))
        {
            await running.DeviceFollowsVmmAsync(clock);
            var panic = ConsoleHistory.Of(directories, running.Record).Panic();
            var cause = panic ?? health.SwitchedOff;
            LogVmmEnded(name, running.Vmm.Pid, await running.Vmm.Ended, cause ?? "its kernel said nothing of a panic");
            return cause ?? $"The VMM {await running.Vmm.Ended}.";
        }

        LogDeviceEnded(name, running.Device.Pid, await running.Device.Ended);
        await vmmEnd.RunAsync(running.Record, running.Vmm, VmmEnd.BriefLimit);
        return $"The vsock device {await running.Device.Ended}, so the VM could not be reached any more.";
    }

    [LoggerMessage(3010, LogLevel.Warning, "VM {Vm}: its VMM (pid {Pid}) {How}; {Why}")]
    private partial void LogVmmEnded(string vm, int pid, string how, string why);

    [LoggerMessage(3011, LogLevel.Warning, "VM {Vm}: its vsock device (pid {Pid}) {How}; the VM is ended")]
    private partial void LogDeviceEnded(string vm, int pid, string how);
}
