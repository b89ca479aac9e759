namespace VmTools.Host.Concierge.Vms;

/// <summary>Why a VM ended. The numbers are those of <c>vm_tools.concierge.VmStopReason</c>.</summary>
internal enum VmStopReason
{
    VmExited = 0,
    StopVmRequested = 1,
    StopAllVmsRequested = 2,
    DestroyDiskImageRequested = 3,
    ServiceShutdown = 4,
}
