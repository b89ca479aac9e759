using VmTools.Host.Instance;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.LogForwarder.Batches;

/// <summary>The logs of every VM that has called, found by CID. The logs of one name are one object, whatever CIDs it has had.</summary>
internal sealed class VmDirectory(InstanceDirectories directories, ForwarderParts parts) : IAsyncDisposable
{
    private static readonly TimeSpan BeforeStart = TimeSpan.FromDays(1);

    private readonly RunningVms _running = new(directories.Records);
    private readonly Lock _lock = new();
    private readonly Dictionary<Cid, (VmLogs Logs, LogOrigin Origin)> _byCid = [];
    private readonly Dictionary<VmId, VmLogs> _byName = [];

    /// <summary>False where no VM of that CID runs.</summary>
    public bool TryFind(Cid cid, out VmLogs logs, out LogOrigin origin)
    {
        lock (_lock)
        {
            if (!_byCid.TryGetValue(cid, out var found) && _running.Find(cid) is { } id)
            {
                found = (LogsOf(id), new LogOrigin(cid, StartOf(cid) - BeforeStart));
                _byCid[cid] = found;
            }

            (logs, origin) = found;
            return logs is not null;
        }
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

    private VmLogs LogsOf(VmId id)
    {
        if (!_byName.TryGetValue(id, out var logs))
        {
            logs = new VmLogs(VmLogPaths.Of(directories, id), parts);
            _byName[id] = logs;
        }

        return logs;
    }

    /// <summary>When the device that speaks for the CID was registered, which is when its VM was started.</summary>
    private DateTimeOffset StartOf(Cid cid)
    {
        var device = Path.Combine(directories.Vsock, $"device.{cid}");
        return File.Exists(device) ? new DateTimeOffset(File.GetLastWriteTimeUtc(device)) : parts.Clock.GetUtcNow();
    }
}
