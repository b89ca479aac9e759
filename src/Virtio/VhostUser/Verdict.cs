namespace VmTools.Virtio.VhostUser;

/// <summary>What became of a request.</summary>
internal enum Verdict
{
    Done,

    /// <summary>Answered by its own reply, so it is not acknowledged again.</summary>
    Replied,

    /// <summary>Failed without harm to what runs: said where an acknowledgement was asked for, otherwise passed over.</summary>
    Failed,

    /// <summary>Failed, and going on would mean working on wrong assumptions: without an acknowledgement the front end is dropped.</summary>
    Refused,
}
