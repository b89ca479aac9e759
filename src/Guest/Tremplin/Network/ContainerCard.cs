using System.Globalization;
using System.Net;

namespace VmTools.Guest.Tremplin.Network;

/// <summary>The network card of a container, of which the address decides everything.</summary>
internal static class ContainerCard
{
    /// <summary>A locally administered address (IEEE 802) that ends with the IPv4 address, so that no two are alike.</summary>
    public static string HardwareAddress(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return string.Create(CultureInfo.InvariantCulture, $"02:00:{bytes[0]:x2}:{bytes[1]:x2}:{bytes[2]:x2}:{bytes[3]:x2}");
    }

    /// <summary>The VM's end; at most 15 characters.</summary>
    public static string VethName(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return string.Create(CultureInfo.InvariantCulture, $"veth{bytes[2]:x2}{bytes[3]:x2}");
    }
}
