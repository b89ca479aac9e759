namespace VmTools.Virtio.VhostUser;

/// <summary>What reading a kick fd told.</summary>
internal enum KickOutcome
{
    Nothing,
    Kicked,

    /// <summary>End of file or an error: it will never kick again, and stays readable for ever.</summary>
    Dead,
}
