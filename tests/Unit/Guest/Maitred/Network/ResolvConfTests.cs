using VmTools.Guest.Maitred.Network;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Network;

public sealed class ResolvConfTests
{
    [Fact]
    public void Servers_domains_and_the_fixed_options_are_written_in_this_order() =>
        Assert.Equal(
            "nameserver 10.0.2.3\nnameserver fec0::3\nsearch corp.example lab.example\noptions single-request timeout:1 attempts:5\n",
            ResolvConf.Text(["10.0.2.3", "fec0::3"], ["corp.example", "lab.example"]));

    [Fact]
    public void Without_servers_the_public_ones_are_written() =>
        Assert.Equal(
            "nameserver 8.8.8.8\nnameserver 8.8.4.4\nnameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844\n"
            + "options single-request timeout:1 attempts:5\n",
            ResolvConf.Text([], []));

    [Theory]
    [InlineData("10.0.2.3", true)]
    [InlineData("fe80::1%eth0", true)]
    [InlineData("my-host.example", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a\nnameserver b", false)]
    [InlineData("a#b", false)]
    public void A_word_cannot_become_two(string word, bool expected) => Assert.Equal(expected, ResolvConf.IsWord(word));
}
