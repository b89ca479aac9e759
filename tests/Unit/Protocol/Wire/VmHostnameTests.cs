using VmTools.Protocol.Wire;
using Xunit;

namespace VmTools.Unit.Protocol.Wire;

public sealed class VmHostnameTests
{
    [Theory]
    [InlineData("termina", "termina")]
    [InlineData("my vm", "my-vm")]
    [InlineData("äö", "")]
    [InlineData("-x-", "x")]
    [InlineData("../../etc", "etc")]
    [InlineData("a\nb", "a-b")]
    public void The_name_of_a_VM_becomes_one_that_hosts_can_have(string vm, string expected) =>
        Assert.Equal(expected, VmHostname.Of(vm));

    [Fact]
    public void A_long_name_is_cut() => Assert.Equal(63, VmHostname.Of(new string('a', 200)).Length);
}
