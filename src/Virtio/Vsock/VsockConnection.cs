namespace VmTools.Virtio.Vsock;

/// <summary>
/// One stream between a guest port and a host program. Holds what is known about it; the rules that change it are in
/// <see cref="ConnectionLife"/>, <see cref="GuestPackets"/>, <see cref="HostBoundFlow"/> and <see cref="GuestBoundFlow"/>.
/// </summary>
internal sealed class VsockConnection(ConnectionKey key, int slot, IHostStream host)
{
    public const long Never = long.MaxValue;

    public ConnectionKey Key { get; } = key;

    /// <summary>Its place in the table and in the rounds.</summary>
    public int Slot { get; } = slot;

    public IHostStream Host { get; } = host;

    public required bool OpenedByHost { get; init; }

    public required PeerCredit Credit { get; init; }

    public required ReceiveWindow Window { get; init; }

    /// <summary>Bytes of the guest that the host program has not taken.</summary>
    public required ByteRing Held { get; init; }

    public required ConnectionState State { get; set; }

    public long Deadline { get; set; } = Never;

    /// <summary>What the guest will do no more.</summary>
    public ShutdownFlags GuestShutdown { get; set; }

    /// <summary>What the guest was told, or is about to be, that we will do no more.</summary>
    public ShutdownFlags OurShutdown { get; set; }

    /// <summary>How much of that it has been told.</summary>
    public ShutdownFlags ToldShutdown { get; set; }

    public bool RequestSent { get; set; }

    public bool HostClosed { get; set; }

    /// <summary>The host stream may have bytes or its end to read: an edge was seen and no blocked read since.</summary>
    public bool HostReadable { get; set; }

    /// <summary>The last write did not take everything; an edge will tell when to go on.</summary>
    public bool HostBlocked { get; set; }

    public bool HostHungUp { get; set; }

    public bool HostEnded { get; set; }

    public bool HostWriteDead { get; set; }

    public bool HostSendShut { get; set; }

    /// <summary>The host has bytes and the guest no space for them.</summary>
    public bool CreditBlocked { get; set; }

    public int CreditPoll { get; set; }

    /// <summary>The guest has given its end up by RST while its last bytes drain: nothing is owed to it.</summary>
    public bool GuestGone { get; set; }

    private int Owed { get; set; }

    public bool GuestSaidAll => GuestShutdown.HasFlag(ShutdownFlags.Send);

    public bool GuestReadsNoMore => GuestShutdown.HasFlag(ShutdownFlags.Receive);

    public bool MayReadHost => State == ConnectionState.Open && HostReadable && !HostEnded && !GuestReadsNoMore;

    /// <summary>Not yet in front of the guest, so a guest that stops or restarts does not concern it.</summary>
    public bool IsBeforeGuest => State == ConnectionState.HostPending && !RequestSent;

    public bool Owes(RxTurn turn) => (Owed & (1 << (int)turn)) != 0;

    public void Owe(RxTurn turn) => Owed |= 1 << (int)turn;

    public void Settle(RxTurn turn) => Owed &= ~(1 << (int)turn);

    public void SettleAll() => Owed = 0;
}
