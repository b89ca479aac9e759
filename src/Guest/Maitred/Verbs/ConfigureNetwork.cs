using System.Net;
using VmTools.Guest.Maitred.Boot;
using VmTools.Linux;
using VmTools.Protocol;

namespace VmTools.Guest.Maitred.Verbs;

/// <summary>Gives the VM's one network card its address and default route, and lets the VM forward for its containers.</summary>
internal sealed class ConfigureNetwork(Task driversLoaded)
{
    private const string Card = "eth0";

    /// <summary>Addresses as on the wire: the bytes of the number, in memory order, are the address.</summary>
    public async Task RunAsync(uint address, uint netmask, uint gateway, CancellationToken cancel)
    {
        Require(address, "address");
        Require(netmask, "netmask");
        Require(gateway, "gateway");
        await driversLoaded.WaitAsync(cancel);
        try
        {
            Sysctl.Write("net/ipv4/ip_forward", "1");

            // Forwarding turns router advertisements off unless they are asked for first, with 2.
            Sysctl.Write($"net/ipv6/conf/{Card}/accept_ra", "2");
            Sysctl.Write("net/ipv6/conf/all/forwarding", "1");
            NetworkInterface.SetAddress(Card, new IPAddress(address), new IPAddress(netmask));
            NetworkInterface.Up(Card);
            NetworkInterface.Up("lo");
            AddRoute(new IPAddress(gateway));
        }
        catch (LinuxException failure)
        {
            throw new VmToolsException(ErrorKind.Internal, $"The network card {Card} could not be configured: {failure.Message}.", failure);
        }
    }

    private static void Require(uint value, string name)
    {
        if (value == 0)
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
