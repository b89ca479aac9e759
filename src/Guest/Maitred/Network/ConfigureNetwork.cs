using System.Net;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Network;

/// <summary>Gives the VM's one network card its address and default route, and lets the VM forward for its containers.</summary>
internal sealed class ConfigureNetwork(Task driversLoaded)
{
    private const string Card = "eth0";

    /// <summary>Waits for the card's driver first. A second call replaces the address and keeps the route.</summary>
    /// <exception cref="VmToolsException">One of the addresses is 0.0.0.0, or the kernel refuses what is asked for.</exception>
    public async Task RunAsync(CardAddress card, CancellationToken cancel)
    {
        Require(card.Address, "address");
        Require(card.Netmask, "netmask");
        Require(card.Gateway, "gateway");
        await driversLoaded.WaitAsync(cancel);
        try
        {
            Sysctl.Write("net/ipv4/ip_forward", "1");

            // Forwarding turns router advertisements off unless they are asked for first, with 2.
            Sysctl.Write($"net/ipv6/conf/{Card}/accept_ra", "2");
            Sysctl.Write("net/ipv6/conf/all/forwarding", "1");
            NetworkInterface.SetAddress(Card, card.Address, card.Netmask);
            NetworkInterface.Up(Card);
            NetworkInterface.Up("lo");
            AddRoute(card.Gateway);
        }
        catch (LinuxException failure)
        {
            throw new VmToolsException(
                ErrorKind.Internal, $"The network card {Card} could not be configured: {failure.Message}.", failure);
        }
    }

    private static void Require(IPAddress address, string name)
    {
        if (address.Equals(IPAddress.Any))
        {
            throw new VmToolsException(ErrorKind.InvalidArgument, $"IPv4 {name} cannot be 0");
        }
    }

    /// <summary>A second call with the same gateway finds its route there already.</summary>
    private static void AddRoute(IPAddress gateway)
    {
        try
        {
            NetworkInterface.AddDefaultRoute(gateway);
        }
        catch (LinuxException failure) when (failure.Errno == Errno.EEXIST)
        {
        }
    }
}

/// <summary>The IPv4 address of the VM's network card, its network's mask, and the router behind which everything else lies.</summary>
internal sealed record CardAddress(IPAddress Address, IPAddress Netmask, IPAddress Gateway);
