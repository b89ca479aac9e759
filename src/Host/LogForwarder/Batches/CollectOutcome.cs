namespace VmTools.Host.LogForwarder.Batches;

/// <summary>What became of a batch.</summary>
internal enum CollectOutcome
{
    /// <summary>It is in the files, now or since an earlier call, or was counted as dropped.</summary>
    Taken,

    /// <summary>No VM that we know has the caller's CID; the guest keeps the batch.</summary>
    UnknownVm,

    /// <summary>It could not be written, and nothing of it was; the guest keeps the batch.</summary>
    NoRoom,
}
