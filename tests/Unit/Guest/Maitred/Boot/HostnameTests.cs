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

    [Theory]
    [InlineData("termina", "termina")]
    [InlineData("my vm", "my-vm")]
    [InlineData("äö", "")]
    [InlineData("-x-", "x")]
    [InlineData("../../etc", "etc")]
    [InlineData("a\nb", "a-b")]
    public void The_name_of_a_VM_becomes_one_that_hosts_can_have(string vm, string expected) =>
        Assert.Equal(expected, Hostname.FromVmName(vm));

    [Fact]
    public void A_long_name_is_cut() => Assert.Equal(63, Hostname.FromVmName(new string('a', 200)).Length);
}
