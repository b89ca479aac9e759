using VmTools.Guest.Tremplin;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin;

/// <summary>What containers and their users may be called, and which ids they get.</summary>
public sealed class NameTests
{
    [Theory]
    [InlineData("penguin")]
    [InlineData("a")]
    [InlineData("web-2")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk")]
    public void A_label_of_a_host_name_is_a_containers_name(string text)
    {
        Assert.True(ContainerName.TryParse(text, out var name));
        Assert.Equal(text, name.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2nd")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("Penguin")]
    [InlineData("a.b")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("pingüin")]
    [InlineData("a\n")]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl")]
    public void Anything_else_is_none(string text) => Assert.False(ContainerName.TryParse(text, out _));

    [Theory]
    [InlineData("chronos", true)]
    [InlineData("_x-1", true)]
    [InlineData("", false)]
    [InlineData("Ann", false)]
    [InlineData("-a", false)]
    [InlineData("1a", false)]
    [InlineData("a b", false)]
    [InlineData("a:b", false)]
    [InlineData("abcdefghijklmnopqrstuvwxyzabcdefg", false)]
    public void A_users_name_is_one_that_useradd_takes_everywhere(string text, bool isName) =>
        Assert.Equal(isName, UserName.TryParse(text, out _));

    [Fact]
    public void The_lowest_free_range_is_taken_next()
    {
        var first = UidRange.LowestFree([])!.Value;
        var second = UidRange.LowestFree([first])!.Value;

        Assert.Equal((1_000_000u, 1_065_536u), (first.First, second.First));
        Assert.Equal(first, UidRange.LowestFree([second]));
    }

    [Fact]
    public void There_are_only_so_many_ranges()
    {
        var taken = new List<UidRange>();
        while (UidRange.LowestFree(taken) is { } range)
        {
            taken.Add(range);
        }

        Assert.Equal(UidRange.MaxRanges, taken.Distinct().Count());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_001)]
    [InlineData(1_000_000 + (65_536 * 100))]
    public void A_range_begins_where_ranges_begin(uint first) => Assert.False(UidRange.TryFrom(first, out _));

    [Fact]
    public void The_release_is_what_a_shell_would_read()
    {
        var release = OsRelease.Parse("# comment\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\nVERSION_ID='13'\nBROKEN\n=x\n");

        Assert.Equal(new OsRelease("Debian GNU/Linux 13 (trixie)", "", "", "13", "debian"), release);
    }

    [Fact]
    public void A_release_cannot_be_long_or_hold_control_characters()
    {
        var release = OsRelease.Parse($"PRETTY_NAME=\"{new string('x', 5000)}\"\nNAME=\"a\x1b[31mb\"");

        Assert.Equal((200, "a[31mb"), (release.PrettyName.Length, release.Name));
    }
}
