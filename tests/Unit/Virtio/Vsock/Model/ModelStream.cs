using VmTools.Unit.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Connections;
using VmTools.Virtio.Vsock.Credit;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Unit.Virtio.Vsock.Model;

/// <summary>
/// One stream as its two programs see it, and the guest kernel's socket for it: what was written, read, said and dropped. Each
/// byte is known from its position, so one that is lost, doubled or out of place shows at once.
/// </summary>
internal sealed class ModelStream(int id, uint guestPort, uint bufferAllocated)
{
    public uint GuestPort { get; } = guestPort;

    public uint HostPort { get; set; }

    public FakeHost? Host { get; set; }

    public VsockConnection? Connection { get; set; }

    public bool Open { get; set; }

    /// <summary>The guest kernel has forgotten the stream.</summary>
    public bool GuestGone { get; set; }

    /// <summary>Bytes may be missing at the host, with the reason.</summary>
    public string? HostExcused { get; set; }

    /// <summary>Bytes may be missing in the guest, with the reason.</summary>
    public string? GuestExcused { get; set; }

    public long GuestWrote { get; set; }

    public long HostGot { get; set; }

    public long HostWrote { get; set; }

    public long GuestGot { get; set; }

    public ShutdownFlags GuestSaid { get; set; }

    public ShutdownFlags GuestHeard { get; set; }

    public bool HostEnded { get; set; }

    public bool HostClosed { get; set; }

    public uint BufferAllocated { get; } = bufferAllocated;

    /// <summary>Received and not read by the guest's program, by packet, as Linux keeps it.</summary>
    public Queue<int> Unread { get; } = new();

    public int UnreadBytes { get; set; }

    public uint Forwarded { get; set; }

    public uint LastTold { get; set; }

    public uint PeerBuffer { get; set; }

    public uint PeerForwarded { get; set; }

    public int GuestFree => (int)(PeerBuffer - ((uint)GuestWrote - PeerForwarded));

    public bool GuestMayWrite =>
        Open && !GuestGone && !GuestSaid.HasFlag(ShutdownFlags.Send) && !GuestHeard.HasFlag(ShutdownFlags.Receive);

    public bool OpenedByHost { get; init; }

    /// <summary>What the host program must read before any byte of the guest.</summary>
    public string Answer => OpenedByHost ? $"OK {HostPort}\n" : "";

    public bool AnswerRead { get; set; }

    /// <summary>Both programs know that they are connected, as far as the host can tell.</summary>
    public bool Established => OpenedByHost ? AnswerRead : Host is not null;

    public byte ToHost(long position) => (byte)((position * 131) + (position >> 8) + id);

    public byte ToGuest(long position) => (byte)((position * 137) + (position >> 8) + id + 7);

    public void HostProgramReads(ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            Model.Check(value == ToHost(HostGot), $"stream {id}: wrong byte {HostGot} at the host");
            HostGot++;
        }

        Model.Check(HostGot <= GuestWrote, $"stream {id}: the host got bytes never written");
    }

    /// <summary>The guest kernel takes in a data packet, if it keeps to the space and the packet overhead.</summary>
    public void GuestKernelTakes(byte[] bytes, long from)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            Model.Check(bytes[i] == ToGuest(from + i), $"stream {id}: wrong byte {from + i} in the guest");
        }

        Unread.Enqueue(bytes.Length);
        UnreadBytes += bytes.Length;
        Model.Check(UnreadBytes <= BufferAllocated, $"stream {id}: {UnreadBytes} bytes for a space of {BufferAllocated}");
        Model.Check(
            Unread.Count == 1 || UnreadBytes + (PeerCredit.PacketOverhead * Unread.Count) <= BufferAllocated,
            $"stream {id}: {Unread.Count} packets with {UnreadBytes} bytes for a space of {BufferAllocated}");
    }

    /// <summary>At the end every byte has arrived, but for those with an excuse.</summary>
    public void CheckDelivered()
    {
        if (!Established)
        {
            return;
        }

        if (HostExcused is null)
        {
            Model.Check(HostGot == GuestWrote, $"{HostPort}:{GuestPort}: the host got {HostGot} of {GuestWrote}");
        }

        if (Open && GuestExcused is null)
        {
            Model.Check(GuestGot == HostWrote, $"{HostPort}:{GuestPort}: the guest got {GuestGot} of {HostWrote}");
        }
    }
}
