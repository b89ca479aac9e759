using VmTools.Linux;
using Xunit;

namespace VmTools.Unit.Linux;

public sealed class FlagTests
{
    [Theory]
    [InlineData("--name", 2, "name", null)]
    [InlineData("-name", 1, "name", null)]
    [InlineData("--name=value", 2, "name", "value")]
    [InlineData("-n=a=b", 1, "n", "a=b")]
    [InlineData("--name=", 2, "name", "")]
    [InlineData("---name", 2, "-name", null)]
    [InlineData("--", 2, "", null)]
    [InlineData("-", 1, "", null)]
    public void A_flag_is_read(string word, int dashes, string name, string? value)
    {
        Assert.True(Flag.TryRead(word, out var flag));
        Assert.Equal((word, dashes, name, value), (flag.Word, flag.Dashes, flag.Name, flag.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("name=value")]
    [InlineData("n-")]
    public void Other_words_are_none(string word) => Assert.False(Flag.TryRead(word, out _));
}
