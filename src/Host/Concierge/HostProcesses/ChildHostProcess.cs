using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Concierge.HostProcesses;

/// <summary>A process that this daemon started.</summary>
internal sealed class ChildHostProcess(ChildProcess child) : IHostProcess
{
    public int Pid => child.Pid;

    public long StartTime => child.StartTime;

    public Task<string> Ended { get; } = DescribeAsync(child.Exited);

    public void Signal(Signal signal) => child.Signal(signal);

    private static async Task<string> DescribeAsync(Task<ExitStatus> exited)
    {
        var status = await exited;
        return status.KilledBy is { } signal ? $"was killed by {signal.Name()}" : $"ended with {status}";
    }
}
