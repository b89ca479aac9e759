using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace VmTools.Guest.Tremplin.Network;

/// <summary>The IPv4 network of a VM's containers: the bridge has its first address, the containers the others.</summary>
internal sealed record ContainerSubnet
{
    private const int LongestPrefix = 29;
    private const int ShortestPrefix = 16;

    public static readonly ContainerSubnet Default = new(0x64735D00, 24); // 100.115.93.0/24

    private readonly uint _network;

    private ContainerSubnet(uint network, int prefix) => (_network, Prefix) = (network, prefix);

    public int Prefix { get; }

    public IPAddress Bridge => AddressOf(_network + 1);

    public IPAddress Netmask => AddressOf(Mask(Prefix));

    /// <summary>False for what is no network of 8 to 65536 addresses in the form 192.0.2.0/24.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ContainerSubnet? subnet)
    {
        subnet = null;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0
            || !IPAddress.TryParse(text.AsSpan(0, slash), out var address) || address.AddressFamily != AddressFamily.InterNetwork
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var prefix)
            || prefix is < ShortestPrefix or > LongestPrefix)
        {
            return false;
        }

        subnet = new ContainerSubnet(NumberOf(address) & Mask(prefix), prefix);
        return true;
    }

    /// <summary>Whether a container can have this address here.</summary>
    public bool Holds(IPAddress address) => NumberOf(address) is var number && number >= _network + 2 && number < Last;

    /// <summary>The lowest address that no container has; null where all are taken.</summary>
    public IPAddress? LowestFree(IEnumerable<IPAddress> taken)
    {
        var numbers = taken.Select(NumberOf).ToHashSet();
        for (var number = _network + 2; number < Last; number++)
        {
            if (!numbers.Contains(number))
            {
                return AddressOf(number);
            }
        }

        return null;
    }

    public override string ToString() => $"{AddressOf(_network)}/{Prefix}";

    /// <summary>The broadcast address.</summary>
    private uint Last => _network | ~Mask(Prefix);

    private static uint Mask(int prefix) => uint.MaxValue << (32 - prefix);

    private static uint NumberOf(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private static IPAddress AddressOf(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }
}
