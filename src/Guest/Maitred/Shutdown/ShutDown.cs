using Microsoft.Extensions.Logging;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Linux.MachineFacts;
using VmTools.Linux.Mounting;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Maitred.Shutdown;

/// <summary>
/// Ends everything in the VM so that it can be switched off. Steps: 1 start nothing any more; 2 the container service stops
/// its containers; 3 all programs are asked to end; 4 the log daemon last of all, once it has read what they logged; 5 what is left is
/// killed; 6 disks are let go.
/// </summary>
/// <param name="supervisor">Knows the programs that maitred started.</param>
/// <param name="hasUnreadLogs">Whether messages wait in /dev/log.</param>
/// <param name="clock">For the limits.</param>
/// <param name="log">Is told what did not end.</param>
internal sealed partial class ShutDown(Supervisor supervisor, Func<bool> hasUnreadLogs, TimeProvider clock, ILogger log) : IShutDown
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    private readonly StopProcesses _stop = new(clock, log);
    private readonly UnmountAll _unmount = new(log);
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _running;

    /// <summary>Completes once everything has ended and the machine may be switched off.</summary>
    public Task Done => _done.Task;

    /// <summary>A second call waits for the first one's end.</summary>
    public Task RunAsync()
    {
        lock (_gate)
        {
            return _running ??= RunStepsAsync();
        }
    }

    private async Task RunStepsAsync()
    {
        try
        {
            await StepsAsync(CancellationToken.None);
        }
        finally
        {
            // Whatever failed, the VM is half gone: it must not stay.
            _done.TrySetResult();
        }
    }

    private async Task StepsAsync(CancellationToken cancel)
    {
        // 1
        LogBegins();
        supervisor.StopStarting();

        // 2
        await EndAsync(AgentPrograms.Tremplin, Signal.Pwr, ShutdownLimits.Tremplin, cancel);

        // 3
        await _stop.RunAsync(Signal.Term, ShutdownLimits.Termination, cancel);

        // 4
        await WaitForLogReaderAsync(cancel);
        await EndAsync(AgentPrograms.Syslog, Signal.Term, ShutdownLimits.LogDaemon, cancel);

        // 5
        await _stop.RunAsync(Signal.Kill, ShutdownLimits.Kill, cancel);

        // 6
        ReleaseBlockDevices();
        _unmount.Run();
        Machine.Sync();
        LogDone();
    }

    /// <summary>
    /// A log daemon that is still being started, in a VM that lives for seconds, would be ended before it has read the messages for which
    /// it was started.
    /// </summary>
    private async Task WaitForLogReaderAsync(CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (hasUnreadLogs() && supervisor.Find(AgentPrograms.Syslog) is not null)
        {
            if (clock.GetElapsedTime(began) >= ShutdownLimits.LogReading)
            {
                LogUnread();
                return;
            }

            await Task.Delay(BetweenLooks, clock, cancel);
        }
    }

    private async Task EndAsync(string name, Signal signal, TimeSpan limit, CancellationToken cancel)
    {
        if (supervisor.Find(name) is not { } child)
        {
            return;
        }

        child.Signal(signal);
        try
        {
            await child.Exited.WaitAsync(limit, clock, cancel);
        }
        catch (TimeoutException)
        {
            LogStillRuns(name, limit.TotalSeconds);
        }
    }

    private void ReleaseBlockDevices()
    {
        try
        {
            BlockDevices.DetachLoops();
            BlockDevices.RemoveMapped();
        }
        catch (IOException failure)
        {
            LogNotReleased(failure.Message);
        }
    }

    [LoggerMessage(1421, LogLevel.Information, "shutting down")]
    private partial void LogBegins();

    [LoggerMessage(1422, LogLevel.Warning, "{Name} still runs after {Seconds} s")]
    private partial void LogStillRuns(string name, double seconds);

    [LoggerMessage(1425, LogLevel.Warning, "messages are left in /dev/log: vm_syslog did not read them in time")]
    private partial void LogUnread();

    [LoggerMessage(1423, LogLevel.Warning, "loop and mapped devices were not released: {Reason}")]
    private partial void LogNotReleased(string reason);

    [LoggerMessage(1424, LogLevel.Information, "everything has ended")]
    private partial void LogDone();
}
