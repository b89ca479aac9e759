using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.LogForwarder.Batches;
using VmTools.Host.LogForwarder.Counters;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogForwarder.Syslog;
using VmTools.Host.LogStore;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.LogForwarder.Syslog;

/// <summary>Copies of a VM's records for the host's syslog, through a real datagram socket.</summary>
public sealed class HostSyslogTests : IAsyncDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly DateTimeOffset Now = new(2026, 1, 4, 1, 2, 3, TimeSpan.Zero);
    private static readonly string LocalTime = $"{Now.ToLocalTime():MMM} {Now.ToLocalTime().Day,2} {Now.ToLocalTime():HH:mm:ss}";

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly ForwarderCounters _counters = new();
    private HostSyslog? _syslog;
    private VmLogs? _logs;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string SocketPath => _directory.File("log");

    private string UserLog => _directory.File("vm/user.log");

    public async ValueTask DisposeAsync()
    {
        await (_logs?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_syslog?.DisposeAsync() ?? ValueTask.CompletedTask);
        _directory.Dispose();
    }

    [Fact]
    public async Task A_record_is_a_datagram_with_facility_severity_time_and_vm()
    {
        using var daemon = UnixSocket.BindDatagram(SocketPath, OwnerOnly);
        Start();

        await AppendAsync(Record(0, "first"), Record(7, " VM(4): se\ncond\x1b\xff"), Record(5, ""));

        Assert.Equal(
            [$"<8>{LocalTime} VM(33): first", $"<15>{LocalTime} VM(33):  VM(4): se#012cond#033\ufffd", $"<13>{LocalTime} VM(33): "],
            [await ReceiveAsync(daemon), await ReceiveAsync(daemon), await ReceiveAsync(daemon)]);
        Assert.Equal(3, File.ReadLines(UserLog).Count());
        await Waiting.UntilAsync(() => _counters.Read() is { SyslogRecords: 3, SyslogDroppedRecords: 0 });
    }

    [Fact]
    public async Task Where_nobody_listens_the_files_have_everything_and_the_copies_come_later()
    {
        Start();
        await AppendAsync(Record(6, "kept")).InTime();
        Assert.Single(File.ReadLines(UserLog));

        using var daemon = UnixSocket.BindDatagram(SocketPath, OwnerOnly);
        var kept = ReceiveAsync(daemon);
        await Waiting.UntilAsync(() => Advance() && kept.IsCompleted);

        Assert.EndsWith("VM(33): kept", await kept, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_is_started_again_is_found()
    {
        Start();
        using (var first = UnixSocket.BindDatagram(SocketPath, OwnerOnly))
        {
            await AppendAsync(Record(6, "one"));
            await ReceiveAsync(first);
        }

        using var second = UnixSocket.BindDatagram(SocketPath, OwnerOnly);
        await AppendAsync(Record(6, "two"));
        var two = ReceiveAsync(second);
        await Waiting.UntilAsync(() => Advance() && two.IsCompleted);

        Assert.EndsWith("VM(33): two", await two, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_does_not_read_blocks_nobody_and_what_it_missed_is_counted_and_told()
    {
        using var daemon = UnixSocket.BindDatagram(SocketPath, OwnerOnly);
        Start();
        var text = new string('x', 8000);

        for (var batch = 0; batch < 20; batch++)
        {
            await AppendAsync([.. Enumerable.Range(0, 8).Select(_ => Record(6, text))]).InTime();
        }

        Assert.Equal(160, File.ReadLines(UserLog).Count());
        var dropped = _counters.Read().SyslogDroppedRecords;
        Assert.InRange(dropped, 1, 159);
        var copied = 0;
        var last = await ReceiveAsync(daemon);
        for (; last.EndsWith(text, StringComparison.Ordinal); copied++)
        {
            last = await ReceiveAsync(daemon);
        }

        Assert.StartsWith("<44>", last, StringComparison.Ordinal);
        Assert.EndsWith(
            $"VM(33): vmlog_forwarder: {dropped} records not copied: the host's syslog did not take them", last, StringComparison.Ordinal);
        Assert.Equal(160, copied + dropped);
    }

    [Fact]
    public async Task A_daemon_in_the_place_of_one_that_hangs_is_found()
    {
        using var hung = UnixSocket.BindDatagram(SocketPath, OwnerOnly);
        Start();
        await AppendAsync([.. Enumerable.Range(0, 1000).Select(number => Record(6, $"{number}"))]);
        await Waiting.UntilAsync(() => _counters.Read().SyslogRecords > 0);
        using var second = UnixSocket.BindDatagram(SocketPath, OwnerOnly);

        var next = ReceiveAsync(second);
        await Waiting.UntilAsync(() => Advance() && next.IsCompleted);

        Assert.Matches(@"VM\(33\): [0-9]+$", await next);
    }

    [Fact]
    public async Task A_record_that_is_too_long_is_cut_between_two_characters()
    {
        using var daemon = UnixSocket.BindDatagram(SocketPath, OwnerOnly);
        Start();

        await AppendAsync(Record(6, new string('ä', SyslogDatagram.MaxBytes)));

        var datagram = await ReceiveAsync(daemon);
        Assert.InRange(Encoding.UTF8.GetByteCount(datagram), SyslogDatagram.MaxBytes - 2, SyslogDatagram.MaxBytes);
        Assert.EndsWith("ää", datagram, StringComparison.Ordinal);
    }

    private static GuestRecord Record(int severity, string text) =>
        new(severity, Now.ToUnixTimeSeconds(), 0, Encoding.Latin1.GetBytes(text) is var bytes
            && text.Contains('ä', StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(text) : bytes);

    private void Start()
    {
        _syslog = new HostSyslog(SocketPath, _counters, _clock, NullLogger.Instance);
        var settings = LogSettings.Default with
        {
            RecordsPerSecond = 0,
            BytesPerSecond = 0,
            Files = new LogFileLimits { MaxFileBytes = 64 << 20 }
        };
        _logs = new VmLogs(new VmLogPaths(_directory.File("vm")), settings, _counters, _syslog, _clock);
    }

    private bool Advance()
    {
        _clock.Advance(TimeSpan.FromSeconds(1));
        return true;
    }

    private Task<CollectOutcome> AppendAsync(params GuestRecord[] records) =>
        _logs!.AppendAsync(new LogOrigin(new Cid(33), Now - TimeSpan.FromDays(1)), new LogBatch(LogSource.User, null, records), Cancel);

    private static async Task<string> ReceiveAsync(FdHandle daemon)
    {
        var bytes = new byte[64 * 1024];
        while (true)
        {
            var outcome = Fd.TryRead(daemon, bytes, out var count);
            if (outcome == Errno.None)
            {
                return Encoding.UTF8.GetString(bytes, 0, count);
            }

            Assert.Equal(Errno.EAGAIN, outcome);
            await Readiness.WaitAsync(daemon, EpollEvents.In, Cancel).InTime();
        }
    }
}
