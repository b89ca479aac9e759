using VmTools.Host.Vms;
using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Concierge.HostProcesses;

/// <summary>A VMM or device process of a VM, either our child or one that a former vm_concierge started.</summary>
internal interface IHostProcess
{
    int Pid { get; }

    /// <summary>When it was started, in clock ticks since boot: with the pid it names a process for good.</summary>
    long StartTime { get; }

    ProcessRecord Record => new(Pid, StartTime);

    /// <summary>Completes with how it ended, as the end of a sentence: "exited with code 1".</summary>
    Task<string> Ended { get; }

    /// <summary>Does nothing when the process has ended.</summary>
    void Signal(Signal signal);
}
