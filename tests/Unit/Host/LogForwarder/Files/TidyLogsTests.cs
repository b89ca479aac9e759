using System.IO.Compression;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.LogForwarder.Files;
using VmTools.Host.LogStore;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.LogForwarder.Files;

/// <summary>What becomes of older files, on a real disk and with a clock of the test's own.</summary>
public sealed class TidyLogsTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 1, 2, 3, TimeSpan.Zero);
    private static readonly LogFileLimits Limits = new() { KeptAge = TimeSpan.FromDays(3), MaxVmBytes = 1 << 20 };

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(Now);

    public TidyLogsTests() => Directory.CreateDirectory(Places.Directory);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private VmLogPaths Places => new(_directory.File("state/owner/log/dm0="));

    private string[] Names =>
        [.. Directory.EnumerateFiles(Places.Directory).Select(name => Path.GetFileName(name)).Where(name => name != ".lock")
        .Order(StringComparer.Ordinal)];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Older_files_of_all_sources_are_compressed_and_the_written_ones_are_not()
    {
        string[] names = ["console.log", "console.log.1", "kern.log", "kern.log.1", "panic.log", "panic.log.2", "user.log", "user.log.1"];
        foreach (var name in names)
        {
            Write(name, TimeSpan.FromHours(1));
        }

        await TidyAsync();

        Assert.Equal(
            ["console.log", "console.log.1.gz", "kern.log", "kern.log.1.gz", "panic.log", "panic.log.2.gz", "user.log", "user.log.1.gz"],
            Names);
    }

    [Fact]
    public async Task A_compressed_file_has_the_text_the_time_and_the_rights_of_the_plain_one()
    {
        var path = Write("kern.log.3", TimeSpan.FromHours(5), "one\ntwo\n");

        await TidyAsync();

        using var text = new StreamReader(new GZipStream(File.OpenRead(path + ".gz"), CompressionMode.Decompress), Encoding.UTF8);
        Assert.Equal("one\ntwo\n", await text.ReadToEndAsync(Cancel));
        Assert.Equal((Now - TimeSpan.FromHours(5)).UtcDateTime, File.GetLastWriteTimeUtc(path + ".gz"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path + ".gz"));
    }

    [Fact]
    public async Task A_file_that_was_just_put_away_rests_first()
    {
        Write("console.log.1", TimeSpan.FromSeconds(59));

        await TidyAsync();
        Assert.Equal(["console.log.1"], Names);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await TidyAsync();

        Assert.Equal(["console.log.1.gz"], Names);
    }

    [Fact]
    public async Task What_an_ended_process_left_half_way_is_done_again()
    {
        Write("user.log.1", TimeSpan.FromHours(1), "whole\n");
        Write("user.log.1.gz", TimeSpan.FromHours(1), "of an earlier one");
        Write("user.log.2.gz.tmp", TimeSpan.FromHours(1), "half");

        await TidyAsync();

        Assert.Equal(["user.log.1.gz"], Names);
        using var text = new StreamReader(
            new GZipStream(File.OpenRead(Path.Combine(Places.Directory, "user.log.1.gz")), CompressionMode.Decompress), Encoding.UTF8);
        Assert.Equal("whole\n", await text.ReadToEndAsync(Cancel));
    }

    [Fact]
    public async Task Older_files_beyond_the_age_go_compressed_or_not()
    {
        Write("kern.log.1", TimeSpan.FromDays(2));
        Write("kern.log.2", TimeSpan.FromDays(3.1));
        Write("kern.log.3.gz", TimeSpan.FromDays(9));
        Write("kern.log", TimeSpan.FromDays(9));

        await TidyAsync();

        Assert.Equal(["kern.log", "kern.log.1.gz"], Names);
    }

    [Fact]
    public async Task Where_all_files_are_too_much_the_oldest_go_first()
    {
        Write("user.log", TimeSpan.FromDays(1), new string('u', 600_000));
        WriteLarge("user.log.1.gz", TimeSpan.FromHours(1));
        WriteLarge("console.log.1.gz", TimeSpan.FromHours(2));
        WriteLarge("kern.log.1.gz", TimeSpan.FromHours(4));
        WriteLarge("panic.log.1.gz", TimeSpan.FromHours(3));

        await TidyAsync();

        Assert.Equal(["console.log.1.gz", "user.log", "user.log.1.gz"], Names);
    }

    [Fact]
    public async Task Compressing_comes_before_removing()
    {
        for (var number = 1; number <= 4; number++)
        {
            Write($"user.log.{number}", TimeSpan.FromHours(number), new string('u', 600_000));
        }

        await TidyAsync();

        Assert.Equal(["user.log.1.gz", "user.log.2.gz", "user.log.3.gz", "user.log.4.gz"], Names);
    }

    [Fact]
    public async Task Files_that_are_no_logs_are_left_alone()
    {
        string[] names = [".journal", "notes.1", "user.log.1.orig", "user.log.old", "x.gz.tmp"];
        foreach (var name in names)
        {
            Write(name, TimeSpan.FromDays(99), new string('x', 400_000));
        }

        await TidyAsync();

        Assert.Equal(names, Names);
    }

    [Fact]
    public async Task Nothing_is_touched_while_somebody_else_renames()
    {
        Write("user.log.1", TimeSpan.FromHours(1));
        Write("user.log.2", TimeSpan.FromDays(9));

        using (LogWriter.TryLock(Places.Directory))
        {
            Assert.False(await TidyAsync());
        }

        Assert.Equal(["user.log.1", "user.log.2"], Names);
        Assert.True(await TidyAsync());
    }

    [Fact]
    public async Task The_limit_holds_although_a_file_cannot_be_compressed()
    {
        Write("user.log.1", TimeSpan.FromHours(1), new string('u', 2_000_000));
        Directory.CreateDirectory(Path.Combine(Places.Directory, "user.log.1.gz"));

        await Assert.ThrowsAnyAsync<IOException>(TidyAsync);

        Assert.Empty(Names);
    }

    [Fact]
    public async Task The_keeper_comes_every_minute_until_it_ends()
    {
        Directory.CreateDirectory(_directory.File("state/owner/disks/x"));
        Write("user.log.1", TimeSpan.FromHours(1));
        var keeper = new LogKeeper(_directory.File("state"), new TidyLogs(Limits, _clock), _clock, NullLogger.Instance);

        keeper.Start();
        await SeesAsync("user.log.1.gz");
        Write("user.log.2", TimeSpan.FromHours(2));
        await SeesAsync("user.log.2.gz");
        await keeper.DisposeAsync();

        Assert.Equal(["user.log.1.gz", "user.log.2.gz"], Names);
    }

    private Task<bool> TidyAsync() => new TidyLogs(Limits, _clock).RunAsync(Places, Cancel);

    /// <summary>Lets the keeper's minutes pass until the file is there and no plain one is.</summary>
    private async Task SeesAsync(string name)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (!Names.SequenceEqual(Names.Where(there => there.EndsWith(".gz", StringComparison.Ordinal))) || !Names.Contains(name))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(20),
                $"{name} is not among {string.Join(", ", Names)}.");
            _clock.Advance(LogKeeper.Pause);
            await Task.Delay(5, Cancel);
        }
    }

    private string Write(string name, TimeSpan age, string text = "line\n")
    {
        var path = Path.Combine(Places.Directory, name);
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, (_clock.GetUtcNow() - age).UtcDateTime);
        return path;
    }

    private void WriteLarge(string name, TimeSpan age) => Write(name, age, new string('z', 200_000));
}
