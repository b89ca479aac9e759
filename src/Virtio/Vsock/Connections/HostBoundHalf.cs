using VmTools.Virtio.Vsock.Credit;

namespace VmTools.Virtio.Vsock.Connections;

/// <summary>
/// The way of one connection from the guest to the host program. Bytes that the program's socket does not take are held until it does
/// (docs/protocols/vsock.md, "Credit"). What follows each event, where a dash cannot happen and throws:
/// <code>
/// state     TookAll   TookPart  EndDelivered  HostDied
/// Flowing   Flowing   Blocked   ShutSent      Dead
/// Blocked   Flowing   Blocked   -             Dead
/// ShutSent  -         -         -             Dead
/// Dead      -         -         -             Dead
/// </code>
/// Bytes are held while it is Blocked and in no other state.
/// </summary>
internal sealed class HostBoundHalf(ReceiveWindow window, ByteRing held)
{
    public HostBoundState State { get; private set; } = HostBoundState.Flowing;

    public ReceiveWindow Window { get; } = window;

    /// <summary>The bytes of the guest that the host program has not taken.</summary>
    public ByteRing Held { get; } = held;

    /// <summary>The host program has everything that the guest sent and its end, or reads no more.</summary>
    public bool IsOver => State is HostBoundState.ShutSent or HostBoundState.Dead;

    public void Happened(HostBoundEvent what)
    {
        State = Next(State, what);
        if (State == HostBoundState.Dead)
        {
            Held.Clear();
        }
    }

    public static HostBoundState Next(HostBoundState state, HostBoundEvent what) => (state, what) switch
    {
        (HostBoundState.Flowing or HostBoundState.Blocked, HostBoundEvent.TookAll) => HostBoundState.Flowing,
        (HostBoundState.Flowing or HostBoundState.Blocked, HostBoundEvent.TookPart) => HostBoundState.Blocked,
        (HostBoundState.Flowing, HostBoundEvent.EndDelivered) => HostBoundState.ShutSent,
        (_, HostBoundEvent.HostDied) => HostBoundState.Dead,
        _ => throw new InvalidOperationException($"{what} cannot happen while the way to the host program is {state}."),
    };
}

/// <summary>Where the way from the guest to a host program stands.</summary>
internal enum HostBoundState
{
    /// <summary>The socket took everything so far.</summary>
    Flowing,

    /// <summary>The last write did not take everything, the rest is held; an edge tells when to go on.</summary>
    Blocked,

    /// <summary>The guest said that it sends no more, and the host program has every byte and the end.</summary>
    ShutSent,

    /// <summary>
    /// The host program reads no more, or its socket is closed. In an open connection the guest is told by SHUTDOWN (receive).
    /// </summary>
    Dead,
}

/// <summary>What changes the way from the guest to a host program.</summary>
internal enum HostBoundEvent
{
    /// <summary>The socket took all bytes that there were for it.</summary>
    TookAll,

    /// <summary>The socket took some of the bytes, or none.</summary>
    TookPart,

    /// <summary>After the last byte of a guest that sends no more, the socket was shut down for writing.</summary>
    EndDelivered,

    /// <summary>The host program closed or reads no more, or the device has closed the socket.</summary>
    HostDied,
}
