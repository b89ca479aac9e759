namespace VmTools.Protocol.Grpc;

/// <summary>What one peer may make a server hold. The defaults suit every listener that a guest can reach.</summary>
public sealed record GrpcLimits
{
    /// <summary>A request that is longer is refused before it is read.</summary>
    public int MessageBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Connections of one machine at one moment; of one container, where machines bring connections of their containers.</summary>
    public int ConnectionsPerPeer { get; init; } = 32;

    /// <summary>Connections of one machine with all its containers at one moment.</summary>
    public int ConnectionsPerMachine { get; init; } = 256;

    /// <summary>Calls of one connection at one moment.</summary>
    public int StreamsPerConnection { get; init; } = 32;

    /// <summary>All header names and values of one call together.</summary>
    public int HeaderListBytes { get; init; } = 8 * 1024;

    /// <summary>How long a peer may take for the HTTP/2 preface, and for the headers of a call.</summary>
    public TimeSpan Headers { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether a peer may send a request and take an answer as slowly as it likes, as one does that streams a file from or to a slow place;
    /// only for a peer that is trusted.
    /// </summary>
    public bool MayBeSlow { get; init; }

    /// <summary>A connection on which nothing was called for so long is closed.</summary>
    public TimeSpan Idle { get; init; } = TimeSpan.FromMinutes(10);
}
