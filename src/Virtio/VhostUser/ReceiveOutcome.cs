namespace VmTools.Virtio.VhostUser;

/// <summary>What came of reading the control socket.</summary>
internal enum ReceiveOutcome
{
    /// <summary>A whole message is there.</summary>
    Message,

    /// <summary>Nothing more for now; a message may be half there.</summary>
    Nothing,

    /// <summary>The front end closed the socket.</summary>
    Closed,

    /// <summary>What came is no message of this protocol, or breaks a limit.</summary>
    Malformed,
}
