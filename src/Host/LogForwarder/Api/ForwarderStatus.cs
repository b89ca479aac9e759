namespace VmTools.Host.LogForwarder.Api;

/// <summary>One look at the counters.</summary>
internal sealed record ForwarderStatus
{
    public long Batches { get; init; }

    public long Records { get; init; }

    /// <summary>Of lines in files.</summary>
    public long Bytes { get; init; }

    /// <summary>Sent again by a guest although they had arrived.</summary>
    public long RepeatedBatches { get; init; }

    /// <summary>More than a VM may send.</summary>
    public long DroppedRecords { get; init; }

    /// <summary>Not written, mostly for want of room; the guest keeps them.</summary>
    public long RefusedBatches { get; init; }

    /// <summary>From a CID that belongs to no VM we know.</summary>
    public long UnknownCalls { get; init; }

    /// <summary>Copied to the host's syslog.</summary>
    public long SyslogRecords { get; init; }

    /// <summary>In their files and not copied, because the host's syslog did not take them.</summary>
    public long SyslogDroppedRecords { get; init; }
}
