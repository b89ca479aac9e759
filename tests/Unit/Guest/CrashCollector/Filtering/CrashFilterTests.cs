using CsCheck;
using VmTools.Guest.CrashCollector.Filtering;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Filtering;

public sealed class CrashFilterTests
{
    private static readonly string[] Words = ["filters", "{", "}", "<", ">", ":", "blocked_path", "\"/a\"", ",", "\"", "#", "\n"];

    [Theory]
    [InlineData("filters { blocked_path: \"/home\" }", "/home/chronos/myprog", true)]
    [InlineData("filters { blocked_path: \"/home\" }", "/home", true)]
    [InlineData("filters { blocked_path: \"/home/\" }", "/home/chronos/myprog", true)]
    [InlineData("filters { blocked_path: \"/home\" }", "/homes/myprog", false)]
    [InlineData("filters { blocked_path: \"/home\" }", "/bin/bash", false)]
    [InlineData("filters < blocked_path: '/opt' >, filters: { blocked_path: \"/srv\" };", "/srv/x", true)]
    [InlineData("# nothing is wanted here\nfilters { blocked_path: \"/bin\" }", "/bin/bash", true)]
    [InlineData("", "/bin/bash", false)]
    [InlineData("filters { }", "/bin/bash", false)]
    [InlineData("filters { blocked_path: \"\" }", "/bin/bash", false)]
    public void A_path_blocks_itself_and_what_lies_below_it(string text, string executable, bool isBlocked)
    {
        Assert.True(CrashFilter.TryParse(text, out var filter));

        Assert.Equal(isBlocked, filter.Blocks(executable));
    }

    [Theory]
    [InlineData("filters { blocked_path: \"/home\" } garbage")]
    [InlineData("filters { blocked_path: \"/home\"")]
    [InlineData("filters { blocked_path: \"/home\" } filters { blocked_path \"/x\" }")]
    [InlineData("filter { blocked_path: \"/home\" }")]
    [InlineData("filters { blocked: \"/home\" }")]
    [InlineData("filters \"/home\"")]
    [InlineData("\u0001\u0002")]
    public void A_text_that_is_no_filter_blocks_nothing(string text)
    {
        Assert.False(CrashFilter.TryParse(text, out var filter));

        Assert.False(filter.Blocks("/home/chronos/myprog"));
    }

    [Fact]
    public void No_text_makes_it_fail_or_hang() =>
        Gen.OneOf(Words.Select(Gen.Const).ToArray()).Array[0, 12]
            .Sample(words => CrashFilter.TryParse(string.Join(' ', words), out var filter) || !filter.Blocks("/a"));
}
