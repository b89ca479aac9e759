namespace VmTools.Virtio.Rings;

/// <summary>How following a descriptor chain ended.</summary>
internal enum WalkResult
{
    Good,

    /// <summary>The chain breaks a rule or does not fit; its head can still be given back.</summary>
    Rejected,

    /// <summary>The descriptor table itself makes no sense.</summary>
    Broken,
}
