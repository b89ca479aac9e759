using VmTools.Unit.Virtio.Vsock.HostStreams;

namespace VmTools.Unit.Virtio.Vsock.Device;

/// <summary>One stream socket in the pretended guest's kernel, with the service that its program runs on it.</summary>
internal sealed class GuestSocket(uint hostPort, uint guestPort)
{
    public const uint Space = 256 * 1024;

    public uint HostPort { get; } = hostPort;

    public uint GuestPort { get; } = guestPort;

    /// <summary>Which service runs on it: the port dialled, or 0 for a connection of the guest's own making.</summary>
    public uint Service { get; init; }

    public bool IsOpen { get; set; }

    public bool IsRefused { get; set; }

    /// <summary>Received and not read.</summary>
    public ByteQueue Received { get; } = new();

    public ByteQueue ToSend { get; } = new();

    public bool HostEnded { get; set; }

    public bool EndWhenSent { get; set; }

    public bool CloseWhenSent { get; set; }

    public bool SaidEnd { get; set; }

    public bool SaidClose { get; set; }

    public uint Forwarded { get; set; }

    public uint Told { get; set; }

    public uint Sent { get; set; }

    public uint PeerSpace { get; set; }

    public uint PeerForwarded { get; set; }

    public long Total { get; set; }

    public int Credit => (int)(PeerSpace - (Sent - PeerForwarded));
}
