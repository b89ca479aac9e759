using VmTools.Host.LogForwarder.Counters;
using VmTools.Host.LogForwarder.Files;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogForwarder.Syslog;
using VmTools.Host.LogStore;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Host.LogForwarder.Batches;

/// <summary>
/// The logs of one VM. What becomes of a batch: 1. one that comes again is answered and not written; 2. its records are limited, dated and
/// scrubbed; 3. a file that is full is rotated; 4. the lines and, with them, the name of the batch are written; 5. the host's syslog gets
/// its copy; 6. what was dropped is told a second later. One batch at a time: a call that comes meanwhile waits without a thread. A VM that
/// sends more than it may is answered late besides, so that reading what will be dropped does not take the time of others.
/// </summary>
internal sealed class VmLogs(
    VmLogPaths paths, LogSettings settings, ForwarderCounters counters, HostSyslog? syslog, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan Penalty = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReportPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(5);
    private const int LockAttempts = 100;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly BatchLines _lines = new(settings, clock, syslog is not null);
    private readonly CancellationTokenSource _ending = new();
    private LogFiles? _files;
    private SyslogFeed? _feed;
    private LogOrigin _origin;
    private Task _reporting = Task.CompletedTask;

    public async Task<CollectOutcome> AppendAsync(LogOrigin origin, LogBatch batch, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (_origin.Cid != origin.Cid)
            {
                CloseFeed();
            }

            _origin = origin;
            return await AppendAloneAsync(batch);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The directory or a file could not be made: as good as no room, and tried again from the beginning.
            CloseFiles();
            counters.Refused();
            return CollectOutcome.NoRoom;
        }
        finally
        {
            _lines.Clear();
            _gate.Release();
        }
    }

    /// <summary>The VM has stopped: what was dropped is told, and nothing stays open.</summary>
    public async Task CloseAsync()
    {
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            TellDropped();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The journal keeps the count.
        }
        finally
        {
            CloseFiles();
            CloseFeed();
            _lines.Clear();
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _reporting;
        await CloseAsync();
        _ending.Dispose();
        _gate.Dispose();
    }

    private async Task<CollectOutcome> AppendAloneAsync(LogBatch batch)
    {
        // 1.
        _files ??= LogFiles.Open(paths, settings.Files, clock);
        if (batch.Id is { } id && id.IsCoveredBy(_files.State.Last))
        {
            counters.Repeated();
            return CollectOutcome.Taken;
        }

        // 2.
        var dropped = _lines.Render(batch, _origin);
        var after = _files.State.WithDropped(batch.Source, _files.State.DroppedOf(batch.Source) + dropped);
        after = batch.Id is { } named ? after with { Last = named } : after;

        // 3.
        await RotateAsync(batch.Source);

        // 4., 5.
        if (!TryAppend(batch.Source, after))
        {
            counters.Refused();
            return CollectOutcome.NoRoom;
        }

        // 6.
        counters.Written(batch.Records.Length - (int)dropped.Records, _lines.ForFile.Length);
        if (!dropped.IsNone)
        {
            counters.Dropped((int)dropped.Records);
            _reporting = _reporting.IsCompleted ? ReportLaterAsync() : _reporting;
            await Task.Delay(Penalty, clock, CancellationToken.None);
        }

        return CollectOutcome.Taken;
    }

    /// <summary>
    /// What is in the file goes to the host's syslog too. A process that is killed between the two has copied a batch less.
    /// </summary>
    private bool TryAppend(LogSource source, in JournalState after)
    {
        if (_files!.TryAppend(source, _lines.ForFile, after) != Errno.None)
        {
            return false;
        }

        if (syslog is not null && !_lines.ForSyslog.IsEmpty)
        {
            _feed ??= syslog.Open(_origin.Cid.Value);
            counters.NotPassedOn(_feed.Add(_lines.ForSyslog));
        }

        return true;
    }

    /// <summary>
    /// Another program holds the lock for moments. Where it lasts, or nothing can be renamed, the file grows beyond its limit rather than
    /// lose records.
    /// </summary>
    private async Task RotateAsync(LogSource source)
    {
        if (!_files!.IsRotationDue(source, _lines.ForFile.Length))
        {
            return;
        }

        try
        {
            for (var attempt = 0; attempt < LockAttempts && !_files.TryRotate(source); attempt++)
            {
                await Task.Delay(LockPause, clock, CancellationToken.None);
            }
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The lines go on into the file that is open.
        }
    }

    private async Task ReportLaterAsync()
    {
        try
        {
            await Task.Delay(ReportPause, clock, _ending.Token);
            await _gate.WaitAsync(_ending.Token);
        }
        catch (OperationCanceledException)
        {
            // The end tells it.
            return;
        }

        try
        {
            TellDropped();
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The journal keeps the count for the next report.
        }
        finally
        {
            _lines.Clear();
            _gate.Release();
        }
    }

    private void TellDropped()
    {
        if (_files is null)
        {
            return;
        }

        foreach (var source in (ReadOnlySpan<LogSource>)[LogSource.Kernel, LogSource.User])
        {
            var dropped = _files.State.DroppedOf(source);
            if (dropped.IsNone)
            {
                continue;
            }

            _lines.RenderDropped(dropped, _origin);
            _ = TryAppend(source, _files.State.WithDropped(source, default));
        }
    }

    private void CloseFiles()
    {
        _files?.Dispose();
        _files = null;
    }

    private void CloseFeed()
    {
        _feed?.Close();
        _feed = null;
    }
}

/// <summary>One run of a VM: its CID and the earliest time that one of its records may claim.</summary>
internal readonly record struct LogOrigin(Cid Cid, DateTimeOffset Earliest);
