namespace VmTools.Unit.Host.VsockDevice.Network;

/// <summary>Ethernet frames of a guest, as short as a card pads them to.</summary>
internal static class Frames
{
    private const int Shortest = 60;

    public static byte[] OfType(ushort type)
    {
        var frame = new byte[Shortest];
        (frame[12], frame[13]) = ((byte)(type >> 8), (byte)type);
        return frame;
    }

    /// <summary>An IPv4 packet to this address.</summary>
    public static byte[] To(byte a, byte b, byte c, byte d)
    {
        var frame = OfType(0x0800);
        frame[14] = 0x45;
        (frame[30], frame[31], frame[32], frame[33]) = (a, b, c, d);
        return frame;
    }

    /// <summary>The frame with these bytes behind it.</summary>
    public static byte[] Prepend(this byte[] rest, byte[] frame) => [.. frame, .. rest];
}
