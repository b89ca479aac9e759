using System.Net;
using System.Text;

namespace VmTools.Guest.Tremplin.Network;

/// <summary>
/// What dnsmasq reads (dnsmasq(8)): it answers the bridge alone, passes questions on to the VM's name servers, knows the containers' own
/// names, and gives a container that asks by DHCP the address that it has already.
/// </summary>
internal static class DnsmasqConfig
{
    public static string Text(ContainerSubnet subnet, string bridge, string directory) =>
        $"""
        interface={bridge}
        listen-address={subnet.Bridge}
        bind-dynamic
        user=dnsmasq
        group=nogroup
        except-interface=lo
        no-hosts
        addn-hosts={directory}/dnsmasq.names
        resolv-file=/etc/resolv.conf
        cache-size=400
        dns-forward-max=150
        dhcp-range={subnet.Bridge},static,{subnet.Netmask},infinite
        dhcp-option=option:router,{subnet.Bridge}
        dhcp-option=option:dns-server,{subnet.Bridge}
        dhcp-authoritative
        dhcp-hostsfile={directory}/dnsmasq.cards
        dhcp-leasefile={directory}/dnsmasq.leases
        pid-file={directory}/dnsmasq.pid

        """;

    /// <summary>The file of names: an address and a name a line (hosts(5)).</summary>
    public static string Names(IEnumerable<(string Name, IPAddress Address)> containers)
    {
        var text = new StringBuilder();
        foreach (var (name, address) in containers)
        {
            text.Append(address).Append(' ').Append(name).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The file of cards: hardware address, address and name a line.</summary>
    public static string Cards(IEnumerable<(string Name, IPAddress Address)> containers)
    {
        var text = new StringBuilder();
        foreach (var (name, address) in containers)
        {
            text.Append(ContainerCard.HardwareAddress(address)).Append(',').Append(address).Append(',').Append(name).Append('\n');
        }

        return text.ToString();
    }
}
