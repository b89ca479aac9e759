using VmTools.Linux;

namespace VmTools.Host.Concierge.HostProcesses;

/// <summary>The end of a process that has nothing to save.</summary>
internal static class HostProcessEnd
{
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    /// <summary>Asks first, and ends it after half a second; returns when it has ended or cannot be ended.</summary>
    public static async Task EndAsync(this IHostProcess process, TimeProvider clock)
    {
        process.Signal(Signal.Term);
        if (!await EndsAsync(process, clock))
        {
            process.Signal(Signal.Kill);
            await EndsAsync(process, clock);
        }
    }

    private static async Task<bool> EndsAsync(IHostProcess process, TimeProvider clock)
    {
        try
        {
            await process.Ended.WaitAsync(Grace, clock);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
