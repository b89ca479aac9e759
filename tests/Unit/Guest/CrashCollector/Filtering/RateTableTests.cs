using CsCheck;
using VmTools.Guest.CrashCollector.Filtering;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Filtering;

public sealed class RateTableTests
{
    private const long Second = 1000;

    private readonly RateTable _table = new();

    [Fact]
    public void The_fourth_crash_of_a_program_within_a_minute_is_suppressed()
    {
        var verdicts = Enumerable.Range(0, 5).Select(i => _table.Count("/bin/loop", i * Second)).ToList();

        Assert.Equal(
            [(true, 0), (true, 0), (true, 0), (false, 1), (false, 2)], verdicts.Select(verdict => (verdict.IsAllowed, verdict.Suppressed)));
    }

    [Fact]
    public void The_next_report_tells_how_many_were_suppressed_and_the_one_after_it_none()
    {
        for (var i = 0; i < 5; i++)
        {
            _table.Count("/bin/loop", 0);
        }

        var next = _table.Count("/bin/loop", 61 * Second);
        var after = _table.Count("/bin/loop", 62 * Second);

        Assert.Equal((new RateVerdict(true, 2), new RateVerdict(true, 0)), (next, after));
    }

    [Fact]
    public void Another_program_is_not_held_back_by_it()
    {
        for (var i = 0; i < 5; i++)
        {
            _table.Count("/bin/loop", 0);
        }

        Assert.True(_table.Count("/bin/other", 0).IsAllowed);
    }

    [Fact]
    public void All_programs_together_have_a_limit_too()
    {
        for (var i = 0; i < RateTable.Together; i++)
        {
            Assert.True(_table.Count($"/bin/{i}", 0).IsAllowed);
        }

        Assert.Equal(new RateVerdict(false, 1), _table.Count("/bin/one-more", 0));
    }

    [Fact]
    public void What_was_counted_survives_being_written_and_read()
    {
        for (var i = 0; i < 4; i++)
        {
            _table.Count("/bin/loop", i * Second);
        }

        var read = RateTable.Parse(_table.Format());

        Assert.Equal(_table.Format(), read.Format());
        Assert.Equal(new RateVerdict(false, 2), read.Count("/bin/loop", 5 * Second));
    }

    [Fact]
    public void A_flood_of_names_keeps_the_table_small()
    {
        for (var i = 0; i < 1000; i++)
        {
            _table.Count($"/tmp/{i}", i * 120 * Second);
        }

        Assert.InRange(_table.Format().Split('\n').Length, 2, RateTable.MaxEntries + 1);
    }

    [Theory]
    [InlineData("no table at all")]
    [InlineData("key 1")]
    [InlineData("key x 1,2")]
    [InlineData("key 1 1,x")]
    [InlineData("key -1 1")]
    public void A_damaged_line_is_passed_over(string line) => Assert.Equal("", RateTable.Parse(line).Format());

    [Fact]
    public void No_text_makes_it_fail() => Gen.String.Sample(text => Assert.True(RateTable.Parse(text).Count("/bin/x", 1).IsAllowed));
}
