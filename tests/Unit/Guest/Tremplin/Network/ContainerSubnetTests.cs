using System.Net;
using VmTools.Guest.Tremplin.Network;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Network;

public sealed class ContainerSubnetTests
{
    [Fact]
    public void The_bridge_has_the_first_address_and_containers_the_next()
    {
        var subnet = ContainerSubnet.Default;

        Assert.Equal(
            ("100.115.93.0/24", "100.115.93.1", "255.255.255.0", "100.115.93.2"),
            (subnet.ToString(), subnet.Bridge.ToString(), subnet.Netmask.ToString(), subnet.LowestFree([])!.ToString()));
    }

    [Fact]
    public void The_lowest_free_address_is_given_and_never_the_broadcast_address()
    {
        Assert.True(ContainerSubnet.TryParse("10.1.2.7/29", out var subnet));
        var taken = new List<IPAddress>();
        while (subnet.LowestFree(taken) is { } address)
        {
            taken.Add(address);
        }

        Assert.Equal(["10.1.2.2", "10.1.2.3", "10.1.2.4", "10.1.2.5", "10.1.2.6"], taken.Select(address => address.ToString()));
        Assert.Equal(taken[1], subnet.LowestFree(taken.Except([taken[1]])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("100.115.93.0")]
    [InlineData("100.115.93.0/30")]
    [InlineData("100.115.93.0/8")]
    [InlineData("100.115.93.0/x")]
    [InlineData("x/24")]
    [InlineData("fd00::/24")]
    public void What_is_no_network_for_containers_is_none(string text) => Assert.False(ContainerSubnet.TryParse(text, out _));

    [Fact]
    public void The_card_follows_from_the_address()
    {
        var address = IPAddress.Parse("100.115.93.10");

        Assert.Equal(("02:00:64:73:5d:0a", "veth5d0a"), (ContainerCard.HardwareAddress(address), ContainerCard.VethName(address)));
    }

    [Fact]
    public void The_name_server_knows_each_container_by_card_address_and_name()
    {
        (string, IPAddress)[] containers = [("penguin", IPAddress.Parse("100.115.93.2"))];

        Assert.Equal(
            ("100.115.93.2 penguin\n", "02:00:64:73:5d:02,100.115.93.2,penguin\n"),
            (DnsmasqConfig.Names(containers), DnsmasqConfig.Cards(containers)));
    }

    [Fact]
    public void The_name_server_answers_the_bridge_alone()
    {
        var lines = DnsmasqConfig.Text(ContainerSubnet.Default, "lxdbr0", "/run/x").Split('\n');

        Assert.Contains("interface=lxdbr0", lines);
        Assert.Contains("bind-dynamic", lines);
        Assert.Contains("dhcp-range=100.115.93.1,static,255.255.255.0,infinite", lines);
        Assert.Contains("dhcp-hostsfile=/run/x/dnsmasq.cards", lines);
    }

    [Fact]
    public void The_rules_replace_the_former_table_as_a_whole()
    {
        var lines = NftRules.Text(ContainerSubnet.Default).Split('\n');

        Assert.Equal(["table ip vmtools", "delete table ip vmtools", "table ip vmtools {"], lines[..3]);
        Assert.Contains("    ip saddr 100.115.93.0/24 ip daddr != 100.115.93.0/24 masquerade", lines);
    }
}
