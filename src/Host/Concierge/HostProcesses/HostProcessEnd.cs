using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Concierge.HostProcesses;

/// <summary>The end of a process of the host: waited for, or made where the process has nothing to save.</summary>
internal static class HostProcessEnd
{
    /// <summary>A VMM and its device end together; the kernel may tell of it in either order.</summary>
    public static readonly TimeSpan SameEnd = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether the process ends within a time.</summary>
    public static async Task<bool> EndsWithinAsync(this IHostProcess process, TimeSpan limit, TimeProvider clock)
    {
        try
        {
            await process.Ended.WaitAsync(limit, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Asks the process to end and kills it after half a second; returns when it has ended or cannot be ended.</summary>
    public static async Task EndAsync(this IHostProcess process, TimeProvider clock)
    {
        process.Signal(Signal.Term);
        if (!await process.EndsWithinAsync(Grace, clock))
        {
            process.Signal(Signal.Kill);
            await process.EndsWithinAsync(Grace, clock);
        }
    }
}
