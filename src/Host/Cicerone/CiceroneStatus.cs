namespace VmTools.Host.Cicerone;

/// <summary>One look at the counters.</summary>
internal sealed record CiceroneStatus
{
    /// <summary>That run by now.</summary>
    public int Vms { get; init; }

    public long StoredReports { get; init; }

    /// <summary>Of stored reports.</summary>
    public long StoredBytes { get; init; }

    /// <summary>The oldest, which had to go for younger ones.</summary>
    public long RemovedReports { get; init; }

    /// <summary>More than a VM may send.</summary>
    public long ReportsOverRate { get; init; }

    /// <summary>Because the user does not want any.</summary>
    public long ReportsWithoutConsent { get; init; }

    /// <summary>Too large, or of a service that does not exist.</summary>
    public long RefusedReports { get; init; }

    /// <summary>Not written, mostly for want of room; the guest keeps them.</summary>
    public long ReportsWithoutRoom { get; init; }

    /// <summary>From a CID that belongs to no VM we know, or of a VM that goes down.</summary>
    public long IgnoredReports { get; init; }

    public long FinishedUploads { get; init; }

    public long FailedUploads { get; init; }
}
