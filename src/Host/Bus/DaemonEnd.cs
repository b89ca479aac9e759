using VmTools.Host.Instance;
using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Bus;

/// <summary>Asks a process of an instance to end, and waits for it: that process and no other that has its pid by then.</summary>
internal static class DaemonEnd
{
    /// <summary>Service managers allow 30 seconds before they kill.</summary>
    public static readonly TimeSpan DaemonLimit = TimeSpan.FromSeconds(35);

    /// <summary>False where it does not end within the limit.</summary>
    public static Task<bool> RunAsync(DaemonRecord daemon, TimeProvider clock, CancellationToken cancel) =>
        daemon.IsAlive ? RunAsync(daemon.Pid, daemon.StartTime, DaemonLimit, clock, cancel) : Task.FromResult(true);

    public static async Task<bool> RunAsync(int pid, long startTime, TimeSpan limit, TimeProvider clock, CancellationToken cancel)
    {
        using var watch = ProcessWatch.TryOpen(pid, startTime);
        if (watch is null)
        {
            return true;
        }

        watch.Signal(Signal.Term);
        try
        {
            await watch.Exited.WaitAsync(limit, clock, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
