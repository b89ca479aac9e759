using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;

namespace VmTools.Guest.Maitred.Startup;

/// <summary>
/// Tells the host that the VM is ready, until it has heard: a host that never does must not stop the VM, which can still be
/// reached from there.
/// </summary>
internal sealed partial class ReadyMessage(StartupListenerCall host, TimeProvider clock, ILogger log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan TotalLimit = TimeSpan.FromSeconds(90);

    /// <summary>Returns when the host has heard, or after 90 seconds.</summary>
    public async Task SendAsync(CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        while (await host.TryTellReadyAsync(cancel) is { } problem)
        {
            if (clock.GetElapsedTime(started) > TotalLimit)
            {
                LogNotHeard(problem);
                return;
            }

            await Task.Delay(Pause, clock, cancel);
        }

        LogReady();
    }

    [LoggerMessage(1051, LogLevel.Information, "the host knows that the VM is ready")]
    private partial void LogReady();

    [LoggerMessage(1052, LogLevel.Warning, "the host could not be told that the VM is ready: {Problem}")]
    private partial void LogNotHeard(string problem);
}
