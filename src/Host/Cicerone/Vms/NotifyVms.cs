using Microsoft.Extensions.Logging;
using VmTools.Host.Vms;

namespace VmTools.Host.Cicerone.Vms;

/// <summary>
/// NotifyVmStarted, NotifyVmStopping and NotifyVmStopped: what vm_concierge tells of its VMs. Of a VM that is not known it is only noted.
/// </summary>
internal sealed partial class NotifyVms(VmTable vms, ILogger log)
{
    public void Started(KnownVm vm)
    {
        vms.Started(vm);
        LogStarted(vm.Id.Name.Value, vm.Cid.Value);
    }

    public void Stopping(VmId vm)
    {
        if (!vms.Stopping(vm))
        {
            LogUnknown(vm.Name.Value);
        }
    }

    public void Stopped(VmId vm)
    {
        if (vms.Stopped(vm))
        {
            LogStopped(vm.Name.Value);
        }
        else
        {
            LogUnknown(vm.Name.Value);
        }
    }

    [LoggerMessage(3300, LogLevel.Information, "VM {Vm}: runs, CID {Cid}")]
    private partial void LogStarted(string vm, uint cid);

    [LoggerMessage(3301, LogLevel.Information, "VM {Vm}: has ended")]
    private partial void LogStopped(string vm);

    [LoggerMessage(3302, LogLevel.Information, "VM {Vm}: ends, and was not known to run")]
    private partial void LogUnknown(string vm);
}
