using System.Text;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.LogStore;
using VmTools.Host.VsockDevice.Console;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice.Console;

public sealed class ConsoleLogTests : IDisposable
{
    private static readonly DateTimeOffset Time = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _clock = new(Time);
    private readonly VmLogPaths _places;
    private readonly ConsoleLog _log;

    public ConsoleLogTests()
    {
        _places = new VmLogPaths(_directory.Path);
        _log = new ConsoleLog(_places, 33, _clock);
    }

    public void Dispose()
    {
        _log.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_line_has_the_time_it_came_the_VMs_tag_and_nothing_raw()
    {
        Take("a\u0007b VM(4): forged");

        Assert.Equal(
            "2030-01-01T00:00:00.000000Z <13>  VM(33): a#007b VM(4): forged\n", File.ReadAllText(_places.FileOf(LogSource.Console)));
    }

    [Theory]
    [InlineData("<3>bad", 3, "bad")]
    [InlineData("<30>odd", 5, "<30>odd")]
    [InlineData("[    0.1] Kernel panic - not syncing: x", 0, "[    0.1] Kernel panic - not syncing: x")]
    [InlineData("[    0.1] Oops: 0002 [#1]", 2, "[    0.1] Oops: 0002 [#1]")]
    public void A_severity_is_taken_where_the_kernels_way_tells_it(string said, int severity, string text)
    {
        Take(said);

        var line = Assert.Single(Lines(_places.FileOf(LogSource.Console)));
        Assert.Equal((severity, text), (line.Severity, Encoding.UTF8.GetString(line.Content.Span)));
    }

    [Fact]
    public void A_panic_in_a_flood_is_kept_and_the_flood_is_counted()
    {
        var flood = new string('x', 999);
        var count = 0;
        while (!_log.HasDropped)
        {
            _log.Take(Encoding.UTF8.GetBytes(flood));
            count++;
        }

        Take("[    0.1] Kernel panic - not syncing: x");

        Assert.InRange(count * 1000L, ConsoleLog.Burst * 9 / 10, ConsoleLog.Burst * 11 / 10);
        Assert.Single(Lines(_places.Panics));
        Assert.Contains(
            Lines(_places.FileOf(LogSource.Console)), line => line.IsHosts
            && Encoding.UTF8.GetString(line.Content.Span)
            .StartsWith("vm_vsock: 999 bytes of the console dropped", StringComparison.Ordinal));
    }

    [Fact]
    public void Pretended_panics_stay_within_their_limit()
    {
        for (var i = 0; i < 20000; i++)
        {
            _log.Take("[    0.1] Kernel panic - not syncing: again and again, to fill the disk"u8);
            _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        _log.Flush();

        Assert.InRange(
            Directory.GetFiles(_directory.Path, "panic.log*")
            .Sum(file => new FileInfo(file).Length), 1, 2 * ConsoleLog.FaultLimits.MaxFileBytes);
    }

    [Fact]
    public void Pretended_panics_do_not_get_round_the_rate()
    {
        for (var i = 0; i < 40000; i++)
        {
            _log.Take("[    0.1] Kernel panic - not syncing: again and again, to get past the limit"u8);
        }

        Assert.True(_log.HasDropped);
    }

    private void Take(string said)
    {
        _log.Take(Encoding.UTF8.GetBytes(said));
        _log.Flush();
    }

    private static List<StoredLine> Lines(string path) =>
        [.. new LogHistory(LogSource.Console, path, TimeZoneInfo.Utc).Read().Select(record => record.Line)];
}
