namespace VmTools.Virtio.Vsock;

/// <summary>What a read or write on a host stream came to.</summary>
internal enum StreamOutcome
{
    /// <summary>Bytes moved; a read of none is the end of the stream.</summary>
    Done,

    /// <summary>Nothing can move now; the stream says when it can.</summary>
    Blocked,

    /// <summary>This direction is over for good.</summary>
    Broken,
}
