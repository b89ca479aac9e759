using VmTools.Virtio.Vsock.Credit;

namespace VmTools.Virtio.Vsock.Connections;

/// <summary>
/// The way of one connection from the host program to the guest. The program's bytes stay in its socket until the guest has room for
/// them (docs/protocols/vsock.md, "Credit"). What follows each event, where a dash cannot happen and throws:
/// <code>
/// state          HostReadable   ReadBlocked  CreditUsedUp   CreditCame  HostEnded  Refused
/// Idle           Readable       -            -              -           -          Refused
/// Readable       Readable       Idle         CreditBlocked  -           Ended      Refused
/// CreditBlocked  CreditBlocked  -            -              Readable    -          Refused
/// Ended          Ended          -            -              -           -          Ended
/// Refused        Refused        -            -              -           -          Refused
/// </code>
/// </summary>
internal sealed class GuestBoundHalf(PeerCredit credit)
{
    public GuestBoundState State { get; private set; } = GuestBoundState.Idle;

    public PeerCredit Credit { get; } = credit;

    /// <summary>
    /// How many milliseconds a connection that is <see cref="GuestBoundState.CreditBlocked"/> waits before it asks again.
    /// </summary>
    public int CreditPause { get; set; }

    /// <summary>No further byte of the host program goes to the guest.</summary>
    public bool IsOver => State is GuestBoundState.Ended or GuestBoundState.Refused;

    public void Happened(GuestBoundEvent what) => State = Next(State, what);

    public static GuestBoundState Next(GuestBoundState state, GuestBoundEvent what) => (state, what) switch
    {
        (GuestBoundState.Idle, GuestBoundEvent.HostReadable) => GuestBoundState.Readable,
        (_, GuestBoundEvent.HostReadable) => state,
        (GuestBoundState.Readable, GuestBoundEvent.ReadBlocked) => GuestBoundState.Idle,
        (GuestBoundState.Readable, GuestBoundEvent.CreditUsedUp) => GuestBoundState.CreditBlocked,
        (GuestBoundState.CreditBlocked, GuestBoundEvent.CreditCame) => GuestBoundState.Readable,
        (GuestBoundState.Readable, GuestBoundEvent.HostEnded) => GuestBoundState.Ended,
        (GuestBoundState.Ended, GuestBoundEvent.Refused) => GuestBoundState.Ended,
        (_, GuestBoundEvent.Refused) => GuestBoundState.Refused,
        _ => throw new InvalidOperationException($"{what} cannot happen while the way to the guest is {state}."),
    };
}

/// <summary>Where the way from a host program to the guest stands.</summary>
internal enum GuestBoundState
{
    /// <summary>The last read found the host program's socket empty; an edge tells when to read again.</summary>
    Idle,

    /// <summary>The socket may hold bytes or its end: an edge was seen, and no read has blocked since.</summary>
    Readable,

    /// <summary>The socket holds bytes, and the guest has no room for them.</summary>
    CreditBlocked,

    /// <summary>The host program's end was read. The guest is told by SHUTDOWN (send).</summary>
    Ended,

    /// <summary>The socket is not read any more: the guest wants no more bytes, or the connection has ended.</summary>
    Refused,
}

/// <summary>What changes the way from a host program to the guest.</summary>
internal enum GuestBoundEvent
{
    /// <summary>The loop saw an edge on the host program's socket.</summary>
    HostReadable,

    /// <summary>A read found nothing in the socket.</summary>
    ReadBlocked,

    /// <summary>The socket holds bytes for which the guest has no room.</summary>
    CreditUsedUp,

    /// <summary>The guest has reported that it has room again.</summary>
    CreditCame,

    /// <summary>A read met the end of the host program's stream, or an error.</summary>
    HostEnded,

    /// <summary>The guest said SHUTDOWN (receive), or the connection is no longer open.</summary>
    Refused,
}
