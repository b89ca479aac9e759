using VmTools.Guest.Maitred.Boot;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Boot;

public sealed class HostnameTests
{
    [Theory]
    [InlineData("penguin", "penguin")]
    [InlineData("# a comment\npenguin\n", "penguin")]
    [InlineData("\n  \n\tpenguin \n", "penguin")]
    [InlineData("first\nsecond\n", "first")]
    [InlineData("", "")]
    [InlineData("# only a comment", "")]
    public void The_file_gives_its_first_line(string text, string expected) => Assert.Equal(expected, Hostname.FromFile(text));
}
