using System.Net;

namespace VmTools.Host.Concierge.Network;

/// <summary>The addresses a guest is given after it is ready.</summary>
internal sealed record GuestNetwork(IPAddress Address, IPAddress Netmask, IPAddress Gateway, IReadOnlyList<IPAddress> NameServers)
{
    /// <summary>What QEMU's user-mode network offers to its single guest (QEMU manual, "Network options", <c>-netdev user</c>).</summary>
    public static readonly GuestNetwork UserMode = new(
        Address: IPAddress.Parse("10.0.2.15"),
        Netmask: IPAddress.Parse("255.255.255.0"),
        Gateway: IPAddress.Parse("10.0.2.2"),
        NameServers: [IPAddress.Parse("10.0.2.3")]);
}
