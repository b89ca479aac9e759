using VmTools.Protocol.Wire;
using Xunit;

namespace VmTools.Unit.Protocol.Wire;

public sealed class ContainerNameRuleTests
{
    [Theory]
    [InlineData("penguin")]
    [InlineData("a")]
    [InlineData("deb-13")]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890123")]
    public void These_are_names(string name) => Assert.True(ContainerNameRule.Allows(name));

    [Theory]
    [InlineData("")]
    [InlineData("Penguin")]
    [InlineData("1st")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a.b")]
    [InlineData("a_b")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a\0")]
    [InlineData("a\n")]
    [InlineData("größe")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234")]
    public void These_are_not(string name) => Assert.False(ContainerNameRule.Allows(name));
}
