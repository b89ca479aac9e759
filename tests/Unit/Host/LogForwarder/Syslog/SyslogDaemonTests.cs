using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Host.LogForwarder.Batches;
using VmTools.Host.LogForwarder.Counters;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogForwarder.Syslog;
using VmTools.Host.LogStore;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.LogForwarder.Syslog;

/// <summary>A VM's records in the real syslog daemons of Debian, from a batch on.</summary>
public sealed class SyslogDaemonTests : IAsyncDisposable
{
    private static readonly DateTimeOffset At = TimeProvider.System.GetUtcNow();
    private static readonly string Time = At.ToLocalTime().ToString("MMM", CultureInfo.InvariantCulture)
        + string.Create(CultureInfo.InvariantCulture, $" {At.ToLocalTime().Day,2} {At.ToLocalTime():HH:mm:ss}");

    private readonly TemporaryDirectory _directory = new();
    private readonly ForwarderCounters _counters = new();
    private HostSyslog? _syslog;
    private VmLogs? _logs;

    public async ValueTask DisposeAsync()
    {
        if (_logs is not null)
        {
            await _logs.DisposeAsync();
            await _syslog!.DisposeAsync();
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Rsyslog_takes_priority_time_tag_and_text()
    {
        await using var daemon = await SyslogDaemon.StartRsyslogAsync(_directory.Path, _directory.File("socket"));

        await AppendAsync(_directory.File("socket"), Odd);

        Assert.Equal(
            [$"8|{Time}|VM(33):| emergency", $"14|{Time}|VM(33):| two#012lines#033[31m", $"15|{Time}|VM(33):| VM(4): \uFFFD ü \u202e",
                $"14|{Time}|VM(33):| {new string('x', 7000)}"],
            await daemon.ReadAsync(4));
    }

    [Fact]
    public async Task Journald_takes_priority_time_tag_and_text()
    {
        await using var daemon = await SyslogDaemon.StartJournaldAsync(_directory.Path);

        await AppendAsync(_directory.File("run/dev-log"), Odd);

        var records = (await daemon.ReadAsync(4)).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.Equal(["0", "6", "7", "6"], Field("PRIORITY"));
        Assert.Equal(["emergency", "two#012lines#033[31m", "VM(4): \uFFFD ü \u202e", new string('x', 7000)], Field("MESSAGE"));
        Assert.All(Field("SYSLOG_IDENTIFIER"), tag => Assert.Equal("VM(33)", tag));
        Assert.All(Field("SYSLOG_FACILITY"), facility => Assert.Equal("1", facility));
        Assert.All(Field("SYSLOG_TIMESTAMP"), time => Assert.Equal(Time + " ", time));

        IEnumerable<string?> Field(string name) => records.Select(record => record.GetProperty(name).GetString());
    }

    [Fact]
    public async Task Rsyslog_that_is_restarted_has_every_record_once_and_in_order()
    {
        var socket = _directory.File("socket");
        await using (var first = await SyslogDaemon.StartRsyslogAsync(_directory.Path, socket))
        {
            await AppendAsync(socket, Numbered(0, 1000));
            Assert.Equal(Lines(0, 1000), await first.ReadAsync(1000));
        }

        await AppendAsync(socket, Numbered(1000, 1000));

        await using var second = await SyslogDaemon.StartRsyslogAsync(_directory.Path, socket);
        Assert.Equal(Lines(1000, 1000), await second.ReadAsync(1000));
        Assert.Equal(0, _counters.Read().SyslogDroppedRecords);
    }

    private static GuestRecord[] Odd =>
    [
        Record(0, "emergency"u8),
        Record(6, "two\nlines\x1b[31m"u8),
        Record(7, [.. "VM(4): "u8, 0xff, .. " ü \u202e"u8]),
        Record(6, Encoding.ASCII.GetBytes(new string('x', 7000))),
    ];

    private static GuestRecord[] Numbered(int first, int count) =>
        [.. Enumerable.Range(first, count)
            .Select(number => Record(6, Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture))))];

    private static IEnumerable<string> Lines(int first, int count) =>
        Enumerable.Range(first, count).Select(number => $"14|{Time}|VM(33):| {number}");

    private static GuestRecord Record(int severity, ReadOnlySpan<byte> content) =>
        new(severity, At.ToUnixTimeSeconds(), 0, content.ToArray());

    private async Task AppendAsync(string socket, GuestRecord[] records)
    {
        _syslog ??= new HostSyslog(socket, _counters, TimeProvider.System, NullLogger.Instance);
        _logs ??= new VmLogs(
            new VmLogPaths(_directory.File("logs/dm0=")), LogSettings.Default, _counters, _syslog, TimeProvider.System);
        var outcome = await _logs.AppendAsync(
            new LogOrigin(new Cid(33), At - TimeSpan.FromDays(1)), new LogBatch(LogSource.User, null, records),
                TestContext.Current.CancellationToken);
        Assert.Equal(CollectOutcome.Taken, outcome);
    }
}
