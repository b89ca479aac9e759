using Microsoft.Extensions.Time.Testing;
using VmTools.Guest.CrashCollector.Spooling;
using VmTools.Unit.Protocol.Fakes;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Spooling;

public sealed class ReportSpoolTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly ReportSpool _spool;

    public ReportSpoolTests() => _spool = new ReportSpool(_scratch.Path, new FakeTimeProvider());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Reports_come_out_in_the_order_they_went_in()
    {
        await AddAsync(1, 2, 3);

        Assert.Equal([1, 2, 3], await TakeAllAsync());
        Assert.Null(_spool.Oldest());
    }

    [Fact]
    public async Task A_report_stays_until_it_is_removed()
    {
        await AddAsync(1);

        Assert.Equal(_spool.Oldest()!.Content, _spool.Oldest()!.Content);
    }

    [Fact]
    public async Task The_oldest_go_when_there_are_too_many_and_are_counted()
    {
        await AddAsync([.. Enumerable.Range(1, ReportSpool.MaxReports + 3).Select(i => (byte)i)]);

        Assert.Equal((4, 3), (_spool.Oldest()!.Content[0], _spool.Dropped));
        Assert.Equal(ReportSpool.MaxReports, (await TakeAllAsync()).Count);
    }

    [Fact]
    public async Task The_oldest_go_when_they_are_too_large_together()
    {
        for (var i = 0; i < 20; i++)
        {
            await _spool.AddAsync(new byte[ReportSpool.MaxReportBytes / 2], Cancel);
        }

        Assert.Equal(4, _spool.Dropped);
        Assert.InRange(new DirectoryInfo(_scratch.Path).GetFiles().Sum(file => file.Length), 1, ReportSpool.MaxBytes + 100);
    }

    [Fact]
    public async Task Clearing_leaves_nothing_and_forgets_the_count()
    {
        await AddAsync([.. Enumerable.Range(1, ReportSpool.MaxReports + 1).Select(i => (byte)i)]);

        _spool.Clear();

        Assert.Equal((0, true), (_spool.Dropped, _spool.Oldest() is null));
    }

    [Fact]
    public async Task What_a_killed_writer_left_is_no_report_and_goes()
    {
        File.WriteAllText(_scratch.PathOf(".0000000001-0.report.half"), "half");

        await AddAsync(1);

        Assert.Equal([1], await TakeAllAsync());
        Assert.Empty(Directory.GetFiles(_scratch.Path, ".*"));
    }

    [Fact]
    public async Task An_empty_file_does_not_stop_the_others()
    {
        File.WriteAllText(_scratch.PathOf("0000000000-0.report"), "");
        await AddAsync(1);

        Assert.Equal([1], await TakeAllAsync());
    }

    [Fact]
    public async Task Only_the_owner_can_read_a_report()
    {
        await AddAsync(1);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_spool.Oldest()!.Path));
    }

    [Fact]
    public async Task A_report_beyond_all_limits_is_refused() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _spool.AddAsync(new byte[ReportSpool.MaxReportBytes + 1], Cancel));

    private async Task AddAsync(params byte[] reports)
    {
        foreach (var report in reports)
        {
            await _spool.AddAsync(new[] { report }, Cancel);
        }
    }

    private Task<List<byte>> TakeAllAsync()
    {
        var all = new List<byte>();
        while (_spool.Oldest() is { } report)
        {
            all.Add(report.Content[0]);
            ReportSpool.Remove(report);
        }

        return Task.FromResult(all);
    }
}
