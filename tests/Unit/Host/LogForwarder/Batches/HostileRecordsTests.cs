using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.LogForwarder.Batches;
using VmTools.Host.LogForwarder.Counters;
using VmTools.Host.LogForwarder.Files;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogStore;
using VmTools.Protocol;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.LogForwarder.Batches;

/// <summary>A VM that means ill, at what a flood, a text, a time or a name can do.</summary>
public sealed partial class HostileRecordsTests : IAsyncDisposable
{
    private const int PerBatch = 50_000;

    private static readonly DateTimeOffset Now = new(2026, 11, 24, 1, 2, 3, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly ForwarderCounters _counters = new();
    private readonly VmLogs _logs;

    public HostileRecordsTests() => _logs = new VmLogs(Places, LogSettings.Default, _counters, syslog: null, _clock);

    private VmLogPaths Places => new(_directory.File("log/dm0="));

    public async ValueTask DisposeAsync()
    {
        await _logs.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_million_records_a_second_for_a_minute_fill_no_more_than_the_files_of_one_vm()
    {
        GuestRecord[] flood = [.. Enumerable.Repeat(Record("a record of a flood"), PerBatch)];

        // The pause after each batch makes 20 of them a second.
        var batches = 0ul;
        while (_clock.GetUtcNow() < Now + TimeSpan.FromMinutes(1))
        {
            await AppendAsync(++batches, flood);
        }

        await _logs.CloseAsync();
        var status = _counters.Read();
        Assert.Equal((long)batches * PerBatch, status.Records + status.DroppedRecords);
        Assert.InRange(status.Records, 60_000, (long)(_clock.GetUtcNow() - Now).TotalMilliseconds + 10_000);
        Assert.InRange(
            Directory.EnumerateFiles(Places.Directory)
            .Sum(file => new FileInfo(file).Length), 1 << 20, 5 * LogFileLimits.Default.MaxFileBytes);
        Assert.Matches(Dropped(), (await File.ReadAllLinesAsync(Places.FileOf(LogSource.User), Cancel))[^1]);
    }

    [Fact]
    public async Task Every_record_of_a_flood_is_a_line_or_in_the_number_of_the_dropped()
    {
        GuestRecord[] flood = [.. Enumerable.Repeat(Record("a record of a flood"), PerBatch)];
        for (var batch = 1ul; batch <= 60; batch++)
        {
            await AppendAsync(batch, flood);
        }

        await _logs.CloseAsync();

        var lines = await AllLinesAsync();
        var told = lines.Select(line => Dropped().Match(line)).Where(match => match.Success)
            .Sum(match => long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        Assert.Equal(60L * PerBatch, told + lines.Count(line => line.EndsWith("a record of a flood", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_record_of_a_mebibyte_is_a_line_of_at_most_a_file_or_is_dropped()
    {
        await AppendAsync(1, Record(new string('x', 1 << 20)), Record("after"));
        await _logs.CloseAsync();

        var lines = await AllLinesAsync();
        Assert.EndsWith(": after", lines[0], StringComparison.Ordinal);
        Assert.EndsWith("vmlog_forwarder: 1 records (1048576 bytes) dropped: more than 1000 records/s", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\x1b[2J\x1b]0;title\a", "#033[2J#033]0;title#007")]
    [InlineData("\u202Edetrever\u2066\u2069", "\u202Edetrever\u2066\u2069")]
    [InlineData("one\r\ntwo\n2026-11-24T01:02:03.000000Z <8>  VM(4): forged",
        "one#015#012two#0122026-11-24T01:02:03.000000Z <8>  VM(4): forged")]
    [InlineData("nul\0 \u0085next \u009B31m", "nul#000 #205next #23331m")]
    [InlineData("<0>Jan  1 00:00:00 VM(4): forged", "<0>Jan  1 00:00:00 VM(4): forged")]
    [InlineData("\uFFFE\uFFFF\uFDD0", "#177776#177777#176720")]
    public async Task A_text_stays_one_line_of_its_own_vm(string content, string kept)
    {
        await AppendAsync(1, Record(content));

        Assert.Equal($"2026-11-24T01:02:03.000000Z <14>  VM(33): {kept}", Assert.Single(await AllLinesAsync()));
    }

    [Fact]
    public async Task Bytes_that_are_no_text_become_text()
    {
        await AppendAsync(1, Record("") with { Content = new byte[] { 0xff, 0xc0, 0x80, 0xed, 0xba, 0xad, 0xf4, 0xaf, 0xbf, 0xbf, 0x0a } });

        Assert.Equal($"2026-11-24T01:02:03.000000Z <14>  VM(33): {new string('\uFFFD', 10)}#012", Assert.Single(await AllLinesAsync()));
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z", 0)]
    [InlineData("9999-12-31T23:59:59Z", 0)]
    [InlineData("2026-11-24T01:02:03Z", -1)]
    [InlineData("2026-11-24T01:02:03Z", int.MinValue)]
    [InlineData("2026-11-24T01:02:03Z", int.MaxValue)]
    [InlineData("2026-11-22T01:02:03Z", 0)]
    [InlineData("2026-11-24T01:04:03Z", 0)]
    public async Task A_forged_time_is_replaced_by_that_of_arrival(string time, int nanoseconds)
    {
        var seconds = DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeSeconds();

        await AppendAsync(1, Record("x") with { Seconds = seconds, Nanoseconds = nanoseconds });

        Assert.Equal("2026-11-24T01:02:03.000000Z <14>  VM(33): x", Assert.Single(await AllLinesAsync()));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [GeneratedRegex(@"^\S+Z <44>  VM\(33\): vmlog_forwarder: (\d+) records \(\d+ bytes\) dropped: more than 1000 records/s$")]
    private static partial Regex Dropped();

    private static GuestRecord Record(string content) => new(6, Now.ToUnixTimeSeconds(), 0, Encoding.UTF8.GetBytes(content));

    /// <summary>One batch; the time of the pause that may follow it goes by.</summary>
    private async Task AppendAsync(ulong sequence, params GuestRecord[] records)
    {
        var appending = _logs.AppendAsync(
            new LogOrigin(new Cid(33), Now - TimeSpan.FromDays(1)), new LogBatch(LogSource.User, new BatchId(7, sequence), records),
            Cancel);
        _clock.Advance(TimeSpan.FromMilliseconds(50));

        // Where a report of what was dropped came first, the pause began later.
        while (await Task.WhenAny(appending, Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancel)) != appending)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(25));
        }

        Assert.Equal(CollectOutcome.Taken, await appending);
    }

    private async Task<List<string>> AllLinesAsync()
    {
        List<string> lines = [];
        foreach (var file in RotatedFiles.Existing(Places.FileOf(LogSource.User)))
        {
            lines.AddRange(await File.ReadAllLinesAsync(file, Cancel));
        }

        return lines;
    }
}
