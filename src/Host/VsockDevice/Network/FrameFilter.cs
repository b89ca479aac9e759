using System.Buffers.Binary;

namespace VmTools.Host.VsockDevice.Network;

/// <summary>
/// Which Ethernet frames of a guest may reach its user-mode network. libslirp closes the gateway's way to the host's loopback when it is
/// told to, but connects to any other address that a packet names as the host itself would: to 127.0.0.1, and to 0.0.0.0, which Linux
/// takes for the loopback (ip(7)). A guest's kernel sends no such packet, its root can. RFC 1122 §3.2.1.3 lets neither leave a host.
/// </summary>
internal static class FrameFilter
{
    private const int EthernetHeader = 14;
    private const int TypeOffset = 12;
    private const int LeastIpHeader = 20;
    private const int DestinationOffset = EthernetHeader + 16;
    private const ushort TypeIPv4 = 0x0800;
    private const ushort TypeArp = 0x0806;
    private const byte VersionFour = 4;

    private const byte ThisNetwork = 0;
    private const byte Loopback = 127;

    /// <summary>The largest frame that is taken; the guest's card has an MTU of 1500 bytes.</summary>
    public const int LargestFrame = 1514;

    /// <summary>
    /// ARP and IPv4 to addresses that are not the host's own by definition; IPv6, tags and everything else stay in the VM.
    /// </summary>
    public static bool MayLeave(ReadOnlySpan<byte> frame)
    {
        if (frame.Length is < EthernetHeader or > LargestFrame)
        {
            return false;
        }

        return BinaryPrimitives.ReadUInt16BigEndian(frame[TypeOffset..]) switch
        {
            TypeArp => true,
            TypeIPv4 => frame.Length >= EthernetHeader + LeastIpHeader
                && frame[EthernetHeader] >> 4 == VersionFour
                && frame[DestinationOffset] is not (ThisNetwork or Loopback),
            _ => false,
        };
    }
}
