using System.Text;
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

/// <summary>What becomes of batches in the files of a VM, on a real disk.</summary>
public sealed class VmLogsTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 1, 2, 3, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(Now);
    private readonly ForwarderCounters _counters = new();
    private readonly List<VmLogs> _opened = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private VmLogPaths Places => new(_directory.File("log/dm0="));

    public async ValueTask DisposeAsync()
    {
        foreach (var logs in _opened)
        {
            await logs.DisposeAsync();
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task Records_become_lines_of_their_vm_in_order()
    {
        await AppendAsync(Open(LogSettings.Default), id: null, Record("first"), Record("se\ncond\x1b"), Record(" VM(4): forged"));

        Assert.Equal(
            "2026-11-24T01:02:03.000000Z <14>  VM(33): first\n2026-11-24T01:02:03.000000Z <14>  VM(33): "
                + "se#012cond#033\n2026-11-24T01:02:03.000000Z <14>  VM(33):  VM(4): forged\n",
            Text());
    }

    [Theory]
    [InlineData(long.MinValue, 0)]
    [InlineData(long.MaxValue, 0)]
    [InlineData(-62135596800, 0)]
    [InlineData(253402300799, 0)]
    [InlineData(1795482123, -1)]
    [InlineData(1795482123, 1_000_000_000)]
    public async Task A_time_that_cannot_be_becomes_now(long seconds, int nanoseconds)
    {
        await AppendAsync(Open(LogSettings.Default), id: null, Record("x") with { Seconds = seconds, Nanoseconds = nanoseconds });

        Assert.StartsWith("2026-11-24T01:02:03.000000Z ", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_batch_that_comes_again_is_written_once()
    {
        var logs = Open(LogSettings.Default);
        await AppendAsync(logs, new BatchId(7, 1), Record("once"));

        Assert.Equal(CollectOutcome.Taken, await AppendAsync(logs, new BatchId(7, 1), Record("once")));

        Assert.Single(Lines());
        Assert.Equal(1, _counters.Read().RepeatedBatches);
    }

    [Fact]
    public async Task A_batch_is_known_again_by_the_next_process()
    {
        var first = Open(LogSettings.Default);
        await AppendAsync(first, new BatchId(7, 3), Record("once"));
        await first.CloseAsync();

        await AppendAsync(Open(LogSettings.Default), new BatchId(7, 3), Record("once"));
        await AppendAsync(Open(LogSettings.Default), new BatchId(8, 1), Record("another"));

        Assert.Equal(2, Lines().Length);
    }

    [Fact]
    public async Task What_a_killed_process_was_appending_is_cut_off()
    {
        var first = Open(LogSettings.Default);
        await AppendAsync(first, new BatchId(7, 1), Record("whole"));
        await first.CloseAsync();
        var length = new FileInfo(Places.FileOf(LogSource.User)).Length;
        using (var journal = BatchJournal.Open(Places.Directory, out var state))
        {
            journal.TryWrite(state with { Open = (LogSource.User, length) });
        }

        await File.AppendAllTextAsync(Places.FileOf(LogSource.User), "half a li", Cancel);

        await AppendAsync(Open(LogSettings.Default), new BatchId(7, 2), Record("half a line"));

        Assert.Equal(["whole", "half a line"], Lines().Select(line => line[(line.IndexOf("): ", StringComparison.Ordinal) + 3)..]));
    }

    [Fact]
    public async Task More_than_a_vm_may_send_is_dropped_counted_and_told()
    {
        var logs = Open(LogSettings.Default with { RecordsPerSecond = 1 });

        var flood = AppendAsync(logs, new BatchId(7, 1), [.. Enumerable.Range(0, 25).Select(_ => Record("flood"))]);
        _clock.Advance(TimeSpan.FromMilliseconds(60));
        await flood;
        await logs.CloseAsync();

        Assert.Equal(11, Lines().Length);
        Assert.EndsWith(
            "<44>  VM(33): vmlog_forwarder: 15 records (75 bytes) dropped: more than 1 records/s", Lines()[^1], StringComparison.Ordinal);
        Assert.Equal(15, _counters.Read().DroppedRecords);
    }

    [Fact]
    public async Task A_file_that_is_full_is_put_away_and_the_oldest_goes()
    {
        var logs = Open(LogSettings.Default with { Files = new LogFileLimits { MaxFileBytes = 100, KeptFiles = 2 } });

        for (var batch = 1ul; batch <= 5; batch++)
        {
            await AppendAsync(logs, new BatchId(7, batch), Record($"{batch}{new string('x', 40)}"));
        }

        Assert.Equal(
            ["user.log.2", "user.log.1", "user.log"], RotatedFiles.Existing(Places.FileOf(LogSource.User)).Select(Path.GetFileName));
        Assert.Contains(": 5xxx", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_can_be_written_the_guest_keeps_its_batch_until_it_can()
    {
        await File.WriteAllTextAsync(_directory.File("log"), "in the way", Cancel);
        var logs = Open(LogSettings.Default);
        Assert.Equal(CollectOutcome.NoRoom, await AppendAsync(logs, new BatchId(7, 1), Record("kept")));
        File.Delete(_directory.File("log"));

        Assert.Equal(CollectOutcome.Taken, await AppendAsync(logs, new BatchId(7, 1), Record("kept")));

        Assert.Single(Lines());
    }

    [Fact]
    public async Task A_file_that_cannot_be_renamed_goes_on_being_written()
    {
        Directory.CreateDirectory(Places.FileOf(LogSource.User) + ".1");
        var logs = Open(LogSettings.Default with { Files = new LogFileLimits { MaxFileBytes = 100, KeptFiles = 2 } });

        for (var number = 0; number < 5; number++)
        {
            Assert.Equal(CollectOutcome.Taken, await AppendAsync(logs, new BatchId(7, (ulong)number + 1), Record($"record {number}")));
        }

        Assert.Equal(5, Lines().Length);
    }

    [Fact]
    public async Task Files_are_their_owners_alone()
    {
        await AppendAsync(Open(LogSettings.Default), id: null, Record("x"));

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Places.FileOf(LogSource.User)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Places.Directory));
    }

    private static GuestRecord Record(string text) => new(6, Now.ToUnixTimeSeconds(), 0, Encoding.UTF8.GetBytes(text));

    private static Task<CollectOutcome> AppendAsync(VmLogs logs, BatchId? id, params GuestRecord[] records) =>
        logs.AppendAsync(new LogOrigin(new Cid(33), Now - TimeSpan.FromDays(1)), new LogBatch(LogSource.User, id, records), Cancel);

    private VmLogs Open(LogSettings settings)
    {
        var logs = new VmLogs(Places, settings, _counters, syslog: null, _clock);
        _opened.Add(logs);
        return logs;
    }

    private string Text() => File.ReadAllText(Places.FileOf(LogSource.User));

    private string[] Lines() => File.ReadAllLines(Places.FileOf(LogSource.User));
}
