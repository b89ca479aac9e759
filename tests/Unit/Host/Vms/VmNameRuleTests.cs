using VmTools.Host.Vms;
using Xunit;

namespace VmTools.Unit.Host.Vms;

public sealed class VmNameRuleTests
{
    [Theory]
    [InlineData("demo")]
    [InlineData("0")]
    [InlineData("a.b_c-D9")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890")]
    public void These_are_names(string name) => Assert.Null(VmNameRule.MistakeIn(name));

    [Theory]
    [InlineData("")]
    [InlineData("-x")]
    [InlineData("--memory=2G")]
    [InlineData(".hidden")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("ä")]
    [InlineData("a\u0660")]
    [InlineData("1234567890123456789012345678901234567890123456789012345678901")]
    public void These_are_not_and_the_sentence_tells_the_rule(string name) =>
        Assert.EndsWith(VmNameRule.Sentence, VmNameRule.MistakeIn(name), StringComparison.Ordinal);

    [Fact]
    public void What_would_steer_a_terminal_is_not_repeated()
    {
        Assert.DoesNotContain('\x1b', VmNameRule.MistakeIn("\x1b[2J")!);
        Assert.InRange(VmNameRule.MistakeIn(new string('x', 100_000))!.Length, 1, 300);
    }
}
