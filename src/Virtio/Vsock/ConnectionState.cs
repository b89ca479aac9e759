namespace VmTools.Virtio.Vsock;

/// <summary>The life of one connection.</summary>
internal enum ConnectionState
{
    /// <summary>A host program asked; the guest has not answered. Has a deadline.</summary>
    HostPending,

    /// <summary>The guest asked and a host program accepted; the RESPONSE waits for an rx buffer. Has a deadline.</summary>
    GuestPending,

    /// <summary>Both ends are there; each direction may end by itself.</summary>
    Open,

    /// <summary>The guest has closed; its last bytes still go to the host program. Has a deadline.</summary>
    Draining,

    /// <summary>The host program is done and the guest was told; its RST is awaited. Has a deadline.</summary>
    Closing,

    /// <summary>Everything is given back but the name; our RST waits for an rx buffer. Has a deadline.</summary>
    Resetting,

    /// <summary>Gone from the table.</summary>
    Gone,
}
