using VmTools.Host.Instance;
using VmTools.Host.LogForwarder.Counters;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogForwarder.Syslog;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.LogForwarder.Batches;

/// <summary>
/// CollectKernelLogs and CollectUserLogs: finds the VM that has the caller's CID and gives it the batch, which <see cref="VmLogs"/> limits,
/// dates, scrubs and writes. The logs of one VM name are one object, whatever CIDs the VM has had.
/// </summary>
internal sealed class CollectLogs(
    InstanceDirectories directories, LogSettings settings, ForwarderCounters counters, HostSyslog? syslog, TimeProvider clock)
    : IAsyncDisposable
{
    /// <summary>A record may claim a time that is so much earlier than the start of its VM.</summary>
    private static readonly TimeSpan BeforeStart = TimeSpan.FromDays(1);

    private readonly RunningVms _running = new(directories.Records);
    private readonly Lock _lock = new();
    private readonly Dictionary<Cid, (VmLogs Logs, LogOrigin Origin)> _byCid = [];
    private readonly Dictionary<VmId, VmLogs> _byName = [];

    public async Task<CollectOutcome> RunAsync(Cid cid, LogBatch batch, CancellationToken cancel)
    {
        if (Find(cid) is (var logs, var origin))
        {
            return await logs.AppendAsync(origin, batch, cancel);
        }

        counters.Unknown();
        return CollectOutcome.UnknownVm;
    }

    /// <summary>The VM of this CID has stopped. What it has sent before is still written.</summary>
    public Task StoppedAsync(Cid cid)
    {
        lock (_lock)
        {
            return _byCid.Remove(cid, out var found) ? found.Logs.CloseAsync() : Task.CompletedTask;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var logs in _byName.Values)
        {
            await logs.DisposeAsync();
        }
    }

    /// <summary>The logs of the VM that has this CID and the run it is in; null where no VM has it.</summary>
    private (VmLogs Logs, LogOrigin Origin)? Find(Cid cid)
    {
        lock (_lock)
        {
            if (_byCid.TryGetValue(cid, out var known))
            {
                return known;
            }

            return _running.Find(cid) is { } id ? _byCid[cid] = (LogsOf(id), new LogOrigin(cid, StartOf(cid) - BeforeStart)) : null;
        }
    }

    private VmLogs LogsOf(VmId id)
    {
        if (!_byName.TryGetValue(id, out var logs))
        {
            logs = new VmLogs(VmLogPaths.Of(directories, id), settings, counters, syslog, clock);
            _byName[id] = logs;
        }

        return logs;
    }

    /// <summary>When the device that speaks for the CID was registered, which is when its VM was started.</summary>
    private DateTimeOffset StartOf(Cid cid)
    {
        var device = Path.Combine(directories.Vsock, $"device.{cid}");
        return File.Exists(device) ? new DateTimeOffset(File.GetLastWriteTimeUtc(device)) : clock.GetUtcNow();
    }
}

/// <summary>What became of a batch.</summary>
internal enum CollectOutcome
{
    /// <summary>The batch is in the files, now or since an earlier call, or was counted as dropped.</summary>
    Taken,

    /// <summary>No VM that vmlog_forwarder knows has the caller's CID; the guest keeps the batch.</summary>
    UnknownVm,

    /// <summary>The batch could not be written, and nothing of it was; the guest keeps it.</summary>
    NoRoom,
}
