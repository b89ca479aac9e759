using System.Globalization;
using System.Text;
using VmTools.Host.GuestText;
using VmTools.Host.LogForwarder.Files;
using VmTools.Host.LogForwarder.Lines;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogForwarder.Syslog;
using VmTools.Host.LogStore;

namespace VmTools.Host.LogForwarder.Batches;

/// <summary>
/// The text of one batch of a VM: lines for its file and, where the host's syslog has a copy, the same records as datagrams. It knows
/// what the VM may log and counts what is over.
/// </summary>
internal sealed class BatchLines(LogSettings settings, TimeProvider clock, bool isForSyslog)
{
    private readonly RateLimit _rate = new(settings.RecordsPerSecond, settings.BytesPerSecond, clock);
    private readonly long _most = Math.Max(settings.Files.MaxFileBytes, LogFileLimits.Default.MaxFileBytes);
    private readonly LineBuffer _lines = new();
    private readonly LineBuffer? _datagrams = isForSyslog ? new LineBuffer() : null;

    public ReadOnlySpan<byte> ForFile => _lines.Written;

    public ReadOnlySpan<byte> ForSyslog => _datagrams is null ? default : _datagrams.Written;

    /// <summary>Writes the records that may come and counts the others; a batch never makes more than a file of the usual size.</summary>
    public DroppedRecords Render(LogBatch batch, LogOrigin origin)
    {
        _rate.Refill();
        var bounds = new TimeBounds(origin.Earliest, clock.GetUtcNow());
        var dropped = default(DroppedRecords);
        foreach (ref readonly var record in batch.Records.Span)
        {
            if (!_rate.AdmitsRecord || !TryWrite(record, bounds.Bound(record), origin.Cid.Value))
            {
                dropped = dropped.And(record.Content.Length);
            }
        }

        return dropped;
    }

    /// <summary>A record of our own that tells what was dropped, alone.</summary>
    public void RenderDropped(DroppedRecords dropped, LogOrigin origin)
    {
        Clear();
        var now = clock.GetUtcNow();
        LinePrefix.WriteForFile(settings.FileTime, now, LogPriority.HostWarning, origin.Cid.Value, _lines);
        var start = _lines.Length;
        Encoding.ASCII.GetBytes(
            string.Create(
                CultureInfo.InvariantCulture,
                $"vmlog_forwarder: {dropped.Records} records ({dropped.Bytes} bytes) dropped: more than {Limit()}"),
            _lines);
        End(start, now, LogPriority.HostWarning, origin.Cid.Value);
    }

    public void Clear()
    {
        _lines.Clear();
        _datagrams?.Clear();
    }

    private bool TryWrite(in GuestRecord record, DateTimeOffset time, uint cid)
    {
        var (line, datagram) = (_lines.Length, _datagrams?.Length ?? 0);
        var priority = new LogPriority(LogFacility.User, record.Severity);
        LinePrefix.WriteForFile(settings.FileTime, time, priority, cid, _lines);
        var content = _lines.Length;
        SafeText.WriteForFile(record.Content.Span, _lines);
        End(content, time, priority, cid);
        if (_lines.Length <= _most && _rate.TryTake(_lines.Length - line))
        {
            return true;
        }

        _lines.CutTo(line);
        _datagrams?.CutTo(datagram);
        return false;
    }

    private void End(int content, DateTimeOffset time, LogPriority priority, uint cid)
    {
        if (_datagrams is not null)
        {
            SyslogDatagram.Write(time, priority, cid, _lines.Written[content..], _datagrams);
        }

        _lines.GetSpan(1)[0] = (byte)'\n';
        _lines.Advance(1);
    }

    private string Limit() => settings.RecordsPerSecond > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{settings.RecordsPerSecond} records/s")
        : string.Create(CultureInfo.InvariantCulture, $"{settings.BytesPerSecond} bytes/s");
}
