namespace VmTools.Virtio.Vsock.Connections;

/// <summary>The numbers that bound what one guest, or the programs dialling it, can make the device hold. Times in milliseconds.</summary>
internal sealed record VsockLimits
{
    public static readonly VsockLimits Default = new();

    public int Connections { get; init; } = 512;

    /// <summary>
    /// How many of the connections only host programs may open: however many a guest program holds open, vsh still gets in.
    /// </summary>
    public int KeptForHost { get; init; } = 64;

    /// <summary>
    /// Resets owed for packets that belong to no connection; beyond them the oldest is forgotten. Some times more than a driver's
    /// tx ring holds, so that only a guest that neglects its rx ring loses one.
    /// </summary>
    public int MirroredResets { get; init; } = 1024;

    /// <summary>All buffers towards host sockets together; each connection's share is promised when it opens.</summary>
    public int BufferBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>How much receive space the device believes a guest to have, at most.</summary>
    public uint BelievedPeerBuffer { get; init; } = 1024 * 1024;

    /// <summary>
    /// How long a host program waits for the guest's answer, and how long its request waits for a guest that is not up.
    /// Above Linux's own two seconds, because an emulated guest on a busy machine can be that late.
    /// </summary>
    public int Handshake { get; init; } = 5_000;

    /// <summary>How long the guest may take to acknowledge the device's SHUTDOWN with its RST, as in Linux.</summary>
    public int Close { get; init; } = 8_000;

    /// <summary>How long bytes of a guest that has closed wait for a host program that does not read.</summary>
    public int Drain { get; init; } = 30_000;

    public int CreditPollFirst { get; init; } = 20;

    public int CreditPollLongest { get; init; } = 1_000;
}
