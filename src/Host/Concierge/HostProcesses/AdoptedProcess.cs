using VmTools.Host.Vms;
using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Concierge.HostProcesses;

/// <summary>A process that a former vm_concierge started: init collects its status, we only see that it has ended.</summary>
internal sealed class AdoptedProcess(ProcessRecord process, ProcessWatch watch) : IHostProcess
{
    public int Pid => process.Pid;

    public long StartTime => process.StartTime;

    public Task<string> Ended { get; } = DescribeAsync(watch);

    public void Signal(Signal signal) => watch.Signal(signal);

    /// <summary>Null when that very process is gone, even if another one has its pid now.</summary>
    public static AdoptedProcess? Find(ProcessRecord? process) =>
        process is not null && ProcessWatch.TryOpen(process.Pid, process.StartTime) is { } watch
            ? new AdoptedProcess(process, watch)
            : null;

    /// <summary>The descriptor goes with the process: a daemon that adopted many VMs would collect them.</summary>
    private static async Task<string> DescribeAsync(ProcessWatch watch)
    {
        using (watch)
        {
            await watch.Exited;
        }

        return "ended";
    }
}
