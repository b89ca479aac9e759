using System.Net;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Tremplin.Network;

/// <summary>The bridge that containers are attached to, the way from it to other networks, and its name server.</summary>
internal sealed class ContainerNetwork(ContainerSubnet subnet, string directory, ToolRun tools, NameServer names)
{
    public const string Bridge = "lxdbr0";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public ContainerSubnet Subnet => subnet;

    /// <summary>Brings all of it up; what is there already stays.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        NetworkInterface.AddBridge(Bridge);
        NetworkInterface.SetAddress(Bridge, subnet.Bridge, subnet.Netmask);
        NetworkInterface.Up(Bridge);
        Sysctl.Write("net/ipv4/ip_forward", "1");
        var rules = $"{directory}/nft.rules";
        await File.WriteAllTextAsync(rules, NftRules.Text(subnet), cancel);
        await tools.SucceedAsync(["nft", "-f", rules], Limit, cancel);
        names.Start(subnet, Bridge);
    }

    /// <summary>The host is in another network: names are looked up anew.</summary>
    public void HostNetworkChanged() => names.Reload();

    /// <summary>Tells the name server which containers there are.</summary>
    public void Know(IReadOnlyList<(string Name, IPAddress Address)> containers) => names.Know(containers);
}
