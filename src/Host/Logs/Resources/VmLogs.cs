using System.Globalization;
using System.Text;
using VmTools.Host.Logs.Settings;
using VmTools.Host.Logs.Store;
using VmTools.Linux;

namespace VmTools.Host.Logs.Resources;

/// <summary>
/// The logs of one VM, one batch at a time: whoever calls while another batch is written waits without a thread. A VM that sends
/// more than it may is answered late besides, so that reading what will be dropped does not take the time of others.
/// </summary>
internal sealed class VmLogs(VmLogPlaces places, LogSettings settings, ForwarderCounters counters, TimeProvider clock) : IAsyncDisposable
{
    private const int Warning = 4;

    private static readonly TimeSpan Penalty = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReportPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(5);
    private const int LockAttempts = 100;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly LineBuffer _lines = new();
    private readonly RateLimit _rate = new(settings.RecordsPerSecond, settings.BytesPerSecond, clock);
    private readonly CancellationTokenSource _ending = new();
    private readonly long _mostLines = Math.Max(settings.Files.MaxFileBytes, LogFileLimits.Default.MaxFileBytes);
    private LogFiles? _files;
    private LogOrigin _origin;
    private Task _reporting = Task.CompletedTask;

    public async Task<CollectOutcome> AppendAsync(LogOrigin origin, LogBatch batch, CancellationToken cancel)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            _origin = origin;
            return await AppendAloneAsync(batch);
        }
        catch (IOException)
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
        catch (IOException)
        {
            // The journal keeps the count.
        }
        finally
        {
            CloseFiles();
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
            counters.Repeated();
            return CollectOutcome.Taken;
        }

        var dropped = Render(batch);
        var all = _files.State.DroppedOf(batch.Source);
        var after = _files.State.WithDropped(batch.Source, new DroppedRecords(all.Records + dropped.Records, all.Bytes + dropped.Bytes));
        after = batch.Id is { } named ? after with { Last = named } : after;
        await RotateAsync(batch.Source);
        if (_files.TryAppend(batch.Source, _lines.Written, after) != Errno.None)
        {
            counters.Refused();
            return CollectOutcome.NoRoom;
        }

        counters.Written(batch.Records.Length - (int)dropped.Records, _lines.Length);
        if (!dropped.IsNone)
        {
            counters.Dropped((int)dropped.Records);
            _reporting = _reporting.IsCompleted ? ReportLaterAsync() : _reporting;
            await Task.Delay(Penalty, clock, CancellationToken.None);
        }

        return CollectOutcome.Taken;
    }

    /// <summary>Writes the records that may come as lines and counts the others; a batch never makes more than a file of the usual size.</summary>
    private DroppedRecords Render(LogBatch batch)
    {
        _rate.Refill();
        var bounds = new TimeBounds(_origin.Earliest, clock.GetUtcNow());
        var dropped = default(DroppedRecords);
        foreach (ref readonly var record in batch.Records.Span)
        {
            var start = _lines.Length;
            if (_rate.AdmitsRecord)
            {
                LinePrefix.WriteForFile(settings.FileTime, bounds.Bound(record), record.Severity, _origin.Cid.Value, _lines);
                Scrubber.Scrub(record.Content.Span, _lines);
                _lines.GetSpan(1)[0] = (byte)'\n';
                _lines.Advance(1);
                if (_lines.Length <= _mostLines && _rate.TryTake(_lines.Length - start))
                {
                    continue;
                }
            }

            _lines.CutTo(start);
            dropped = dropped.And(record.Content.Length);
        }

        return dropped;
    }

    /// <summary>Whoever else holds the lock holds it for moments. Where it lasts, the file grows beyond its limit rather than lose records.</summary>
    private async Task RotateAsync(LogSource source)
    {
        if (!_files!.IsRotationDue(source, _lines.Length, settings.Files, clock.GetUtcNow()))
        {
            return;
        }

        for (var attempt = 0; attempt < LockAttempts; attempt++)
        {
            using var held = LogFiles.TryLock(places.Directory);
            if (held is not null)
            {
                _files.Rotate(source, settings.Files);
                return;
            }

            await Task.Delay(LockPause, clock, CancellationToken.None);
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

            _lines.Clear();
            LinePrefix.WriteForFile(settings.FileTime, clock.GetUtcNow(), Warning, _origin.Cid.Value, _lines);
            Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"vmlog_forwarder: {dropped.Records} records ({dropped.Bytes} bytes) dropped: more than {Limit()}\n"),
                _lines);
            _ = _files.TryAppend(source, _lines.Written, _files.State.WithDropped(source, default));
        }
    }

    private string Limit() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(settings.RecordsPerSecond > 0 ? settings.RecordsPerSecond : settings.BytesPerSecond)} {(settings.RecordsPerSecond > 0 ? "records" : "bytes")}/s");

    private void CloseFiles()
    {
        _files?.Dispose();
        _files = null;
    }
}
