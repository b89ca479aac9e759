using VmTools.Host.LogForwarder.Files;
using VmTools.Host.LogForwarder.Syslog;
using VmTools.Host.LogStore;
using VmTools.Linux;

namespace VmTools.Host.LogForwarder.Batches;

/// <summary>
/// The logs of one VM, one batch at a time: whoever calls while another batch is written waits without a thread. A VM that sends
/// more than it may is answered late besides, so that reading what will be dropped does not take the time of others.
/// </summary>
internal sealed class VmLogs(VmLogPaths places, ForwarderParts parts) : IAsyncDisposable
{
    private static readonly TimeSpan Penalty = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReportPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(5);
    private const int LockAttempts = 100;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly BatchLines _lines = new(parts);
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
        catch (IOException)
        {
            // The directory or a file could not be made: as good as no room, and tried again from the beginning.
            CloseFiles();
            parts.Counters.Refused();
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
        catch (IOException)
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
        _files ??= LogFiles.Open(places);
        if (batch.Id is { } id && id.IsCoveredBy(_files.State.Last))
        {
            parts.Counters.Repeated();
            return CollectOutcome.Taken;
        }

        var dropped = _lines.Render(batch, _origin);
        var all = _files.State.DroppedOf(batch.Source);
        var after = _files.State.WithDropped(batch.Source, new DroppedRecords(all.Records + dropped.Records, all.Bytes + dropped.Bytes));
        after = batch.Id is { } named ? after with { Last = named } : after;
        await RotateAsync(batch.Source);
        if (!TryAppend(batch.Source, after))
        {
            parts.Counters.Refused();
            return CollectOutcome.NoRoom;
        }

        parts.Counters.Written(batch.Records.Length - (int)dropped.Records, _lines.ForFile.Length);
        if (!dropped.IsNone)
        {
            parts.Counters.Dropped((int)dropped.Records);
            _reporting = _reporting.IsCompleted ? ReportLaterAsync() : _reporting;
            await Task.Delay(Penalty, parts.Clock, CancellationToken.None);
        }

        return CollectOutcome.Taken;
    }

    /// <summary>What is in the file goes to the host's syslog too. A process that is killed between the two has copied a batch less.</summary>
    private bool TryAppend(LogSource source, in JournalState after)
    {
        if (_files!.TryAppend(source, _lines.ForFile, after) != Errno.None)
        {
            return false;
        }

        if (parts.Syslog is { } syslog && !_lines.ForSyslog.IsEmpty)
        {
            _feed ??= syslog.Open(_origin.Cid.Value);
            parts.Counters.NotPassedOn(_feed.Add(_lines.ForSyslog));
        }

        return true;
    }

    /// <summary>Whoever else holds the lock holds it for moments. Where it lasts, the file grows beyond its limit rather than lose records.</summary>
    private async Task RotateAsync(LogSource source)
    {
        if (!_files!.IsRotationDue(source, _lines.ForFile.Length, parts.Settings.Files, parts.Clock.GetUtcNow()))
        {
            return;
        }

        for (var attempt = 0; attempt < LockAttempts; attempt++)
        {
            using var held = LogFiles.TryLock(places.Directory);
            if (held is not null)
            {
                _files.Rotate(source, parts.Settings.Files);
                return;
            }

            await Task.Delay(LockPause, parts.Clock, CancellationToken.None);
        }
    }

    private async Task ReportLaterAsync()
    {
        try
        {
            await Task.Delay(ReportPause, parts.Clock, _ending.Token);
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
        catch (IOException)
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
