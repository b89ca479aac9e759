using VmTools.Virtio.Vsock.HostStreams;
using VmTools.Virtio.Vsock.Packets;

namespace VmTools.Virtio.Vsock.Connections;

/// <summary>
/// One stream between a guest port and a host program: where its life stands (<see cref="ConnectionState"/>) and where each of its two
/// ways (<see cref="GuestBoundHalf"/>, <see cref="HostBoundHalf"/>). <see cref="ConnectionLife"/> and the classes in Traffic move them.
/// </summary>
internal sealed class VsockConnection(ConnectionKey key, int slot, IHostStream host, bool openedByHost)
{
    public const long Never = long.MaxValue;

    private int _owed;

    public ConnectionKey Key { get; } = key;

    /// <summary>The place of the connection in the table and in the rounds.</summary>
    public int Slot { get; } = slot;

    public IHostStream Host { get; } = host;

    public bool OpenedByHost { get; } = openedByHost;

    public required GuestBoundHalf GuestBound { get; init; }

    public required HostBoundHalf HostBound { get; init; }

    public ConnectionState State { get; private set; } = openedByHost ? ConnectionState.RequestOwed : ConnectionState.ResponseOwed;

    /// <summary>When the connection must have moved on, in milliseconds of the bridge's clock.</summary>
    public long Deadline { get; set; } = Never;

    /// <summary>What the guest has said that it will do no more.</summary>
    public ShutdownFlags GuestShutdown { get; private set; }

    /// <summary>What the device will do no more for the guest.</summary>
    public ShutdownFlags OurShutdown => State == ConnectionState.Closing
        ? ShutdownFlags.Both
        : (GuestBound.State == GuestBoundState.Ended ? ShutdownFlags.Send : ShutdownFlags.None)
            | (HostBound.State == HostBoundState.Dead ? ShutdownFlags.Receive : ShutdownFlags.None);

    /// <summary>How much of <see cref="OurShutdown"/> the guest has been told.</summary>
    public ShutdownFlags ToldShutdown { get; private set; }

    public bool GuestSaidAll => GuestShutdown.HasFlag(ShutdownFlags.Send);

    public bool MayReadHost => State == ConnectionState.Open && GuestBound.State == GuestBoundState.Readable;

    /// <summary>The guest does not know of the connection yet, so a guest that stops or restarts does not concern it.</summary>
    public bool IsBeforeGuest => State == ConnectionState.RequestOwed;

    /// <summary>
    /// Goes on to another state of its life. What was owed to the guest, and a wait for its credit, belonged to the state before; a state
    /// without the host program closes its socket.
    /// </summary>
    public void Enter(ConnectionState next)
    {
        if (!State.MayBecome(next))
        {
            throw new InvalidOperationException($"A connection that is {State} cannot become {next}.");
        }

        var hadHost = State.HasHost();
        State = next;
        _owed = 0;
        if (next > ConnectionState.Open)
        {
            GuestBound.Happened(GuestBoundEvent.Refused);
        }

        if (hadHost && !next.HasHost())
        {
            HostBound.Happened(HostBoundEvent.HostDied);
            Host.Close();
        }
    }

    /// <summary>Notes what the guest will do no more, and returns what of that is new.</summary>
    public ShutdownFlags GuestSaid(ShutdownFlags said)
    {
        var fresh = said & ~GuestShutdown;
        GuestShutdown |= said;
        return fresh;
    }

    /// <summary>A SHUTDOWN packet with the flags of <see cref="OurShutdown"/> went to the guest.</summary>
    public void ShutdownTold() => ToldShutdown = OurShutdown;

    public bool Owes(RxTurn turn) => (_owed & (1 << (int)turn)) != 0;

    public void Owe(RxTurn turn) => _owed |= 1 << (int)turn;

    public void Settle(RxTurn turn) => _owed &= ~(1 << (int)turn);
}

/// <summary>What tells connections of one guest apart.</summary>
internal readonly record struct ConnectionKey(uint HostPort, uint GuestPort)
{
    /// <summary>The connection that a packet from the guest speaks of.</summary>
    public static ConnectionKey Of(in VsockHeader fromGuest) => new(fromGuest.DestinationPort, fromGuest.SourcePort);
}
