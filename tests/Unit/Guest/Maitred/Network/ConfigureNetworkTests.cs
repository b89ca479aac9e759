using System.Net;
using VmTools.Guest.Maitred.Network;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Network;

public sealed class ConfigureNetworkTests
{
    [Theory]
    [InlineData("0.0.0.0", "0.0.0.0", "0.0.0.0", "address")]
    [InlineData("0.0.0.0", "1.0.0.0", "0.0.0.0", "address")]
    [InlineData("1.0.0.0", "0.0.0.0", "1.0.0.0", "netmask")]
    [InlineData("1.0.0.0", "1.0.0.0", "0.0.0.0", "gateway")]
    [InlineData("0.0.0.0", "1.0.0.0", "1.0.0.0", "address")]
    public async Task A_network_without_all_three_addresses_is_refused_before_anything_is_touched(
        string address, string netmask, string gateway, string named)
    {
        var network = new ConfigureNetwork(Task.FromException(new InvalidOperationException("touched")));
        var card = new CardAddress(IPAddress.Parse(address), IPAddress.Parse(netmask), IPAddress.Parse(gateway));

        var refused = await Assert.ThrowsAsync<VmToolsException>(() => network.RunAsync(card, TestContext.Current.CancellationToken));

        Assert.Equal(ErrorKind.InvalidArgument, refused.Kind);
        Assert.Equal($"IPv4 {named} cannot be 0", refused.Message);
    }
}
