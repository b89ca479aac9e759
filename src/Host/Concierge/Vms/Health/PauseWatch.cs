using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms.Health;

/// <summary>
/// Hears from a VM's VMM, for as long as the VM runs, that the guest was stopped and why. A guest that a failed write has
/// stopped goes on by itself once there is room, or after a while, because the write is tried again then and nothing is lost.
/// </summary>
internal sealed partial class PauseWatch(VmRecord record, IVmmLauncher vmms, TimeProvider clock, ILogger log)
{
    /// <summary>How often a full disk is looked at, first and at last.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(10);

    /// <summary>Room below this is gone with the next few writes.</summary>
    private const long WorthTrying = 1 << 20;

    /// <summary>Quotas and reserved blocks are not in the figure of free room, so it is tried now and then whatever that says.</summary>
    private static readonly TimeSpan TrialAnyway = TimeSpan.FromSeconds(60);

    /// <summary>A write that still fails does so at once; a guest that ran this long has its writes done.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReconnectPause = TimeSpan.FromSeconds(5);

    /// <summary>A guest can read a bad sector without end; its errors are logged this often at most.</summary>
    private static readonly TimeSpan ErrorLogPause = TimeSpan.FromMinutes(1);

    private DateTimeOffset _errorLogged;

    /// <summary>Why the machine is being switched off, as the VMM names it; null before that.</summary>
    public string? ShutdownCause { get; private set; }

    /// <summary>Tells each change, null when the VM runs, until it is cancelled. Returns at once where the VMM tells nothing.</summary>
    public async Task RunAsync(Action<VmmPause?> tell, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await using var monitor = await vmms.MonitorAsync(record, cancel);
                if (monitor is null)
                {
                    return;
                }

                await FollowAsync(monitor, tell, cancel);
            }
            catch (VmToolsException lost)
            {
                // The VMM ends, or its main loop hangs: the first is told by its process, the second by the guest's silence.
                LogLost(record.Name, lost.Message);
            }

            await Task.Delay(ReconnectPause, clock, cancel);
        }
    }

    private async Task FollowAsync(IVmmMonitor monitor, Action<VmmPause?> tell, CancellationToken cancel)
    {
        var pause = await PauseAsync(monitor, cancel);
        while (true)
        {
            tell(pause);
            pause = pause switch
            {
                null => await UntilStoppedAsync(monitor, cancel),
                { Cause: VmmPauseCause.DiskFull or VmmPauseCause.DiskError } => await UntilWrittenAsync(monitor, pause, cancel),
                _ => await UntilResumedAsync(monitor, cancel),
            };
        }
    }

    private async Task<VmmPause?> UntilStoppedAsync(IVmmMonitor monitor, CancellationToken cancel)
    {
        while ((await NextAsync(monitor, cancel)).Kind != VmmEventKind.Stopped)
        {
        }

        return await PauseAsync(monitor, cancel);
    }

    private async Task<VmmPause?> UntilResumedAsync(IVmmMonitor monitor, CancellationToken cancel)
    {
        while ((await NextAsync(monitor, cancel)).Kind != VmmEventKind.Resumed)
        {
        }

        return await PauseAsync(monitor, cancel);
    }

    /// <summary>
    /// Looks for room and tries again, at growing intervals; another client of the VMM may let the guest go on meanwhile.
    /// </summary>
    private async Task<VmmPause?> UntilWrittenAsync(IVmmMonitor monitor, VmmPause pause, CancellationToken cancel)
    {
        var tried = clock.GetTimestamp();
        for (var look = FirstLook; ; look = look * 2 < LongestLook ? look * 2 : LongestLook)
        {
            if (await ResumesWithinAsync(monitor, look, cancel))
            {
                return await PauseAsync(monitor, cancel);
            }

            if (!HasRoom(pause) && clock.GetElapsedTime(tried) < TrialAnyway)
            {
                continue;
            }

            tried = clock.GetTimestamp();
            await WithinLimitAsync(monitor.ContinueAsync, cancel);
            await Task.Delay(Settled, clock, cancel);
            if (await PauseAsync(monitor, cancel) is not { } again)
            {
                return null;
            }

            pause = again;
        }
    }

    private async Task<bool> ResumesWithinAsync(IVmmMonitor monitor, TimeSpan limit, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            // A trial that failed leaves its events too: it went on and was stopped again.
            while ((await NextAsync(monitor, either.Token)).Kind != VmmEventKind.Resumed || await PauseAsync(monitor, cancel) is not null)
            {
            }

            return true;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<VmmEvent> NextAsync(IVmmMonitor monitor, CancellationToken cancel)
    {
        var happened = await monitor.NextEventAsync(cancel);
        if (happened.Kind == VmmEventKind.ShuttingDown)
        {
            ShutdownCause = happened.Detail;
        }
        else if (happened.Kind is VmmEventKind.DiskError && clock.GetUtcNow() - _errorLogged >= ErrorLogPause)
        {
            _errorLogged = clock.GetUtcNow();
            LogDiskError(record.Name, happened.Detail);
        }
        else if (happened.Kind == VmmEventKind.Panicked)
        {
            LogPanicked(record.Name, happened.Detail);
        }

        return happened;
    }

    /// <summary>True also where there is no figure: then only trying tells.</summary>
    private static bool HasRoom(VmmPause pause)
    {
        if (pause is not { Cause: VmmPauseCause.DiskFull, Disk: { } disk } || Path.GetDirectoryName(disk) is not { Length: > 0 } directory)
        {
            return true;
        }

        try
        {
            return new DriveInfo(directory).AvailableFreeSpace >= WorthTrying;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return true;
        }
    }

    private Task<VmmPause?> PauseAsync(IVmmMonitor monitor, CancellationToken cancel) => WithinLimitAsync(monitor.PauseAsync, cancel);

    private Task<bool> WithinLimitAsync(Func<CancellationToken, Task> ask, CancellationToken cancel) => WithinLimitAsync(
        async token =>
        {
            await ask(token);
            return true;
        },
        cancel);

    private async Task<T> WithinLimitAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(AnswerLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            return await ask(either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded, $"The VMM of VM '{record.Name}' did not answer within {AnswerLimit.TotalSeconds:0} s.");
        }
    }

    [LoggerMessage(3080, LogLevel.Debug, "VM {Vm}: its VMM tells nothing at the moment: {Why}")]
    private partial void LogLost(string vm, string why);

    [LoggerMessage(3081, LogLevel.Warning, "VM {Vm}: its VMM reports an error of a disk: {What}")]
    private partial void LogDiskError(string vm, string what);

    [LoggerMessage(3082, LogLevel.Warning, "VM {Vm}: its VMM reports that the guest died: {What}")]
    private partial void LogPanicked(string vm, string what);
}
