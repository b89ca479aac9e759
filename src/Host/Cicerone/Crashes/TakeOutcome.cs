namespace VmTools.Host.Cicerone.Crashes;

/// <summary>What became of a report.</summary>
internal enum TakeOutcome
{
    Stored,

    /// <summary>No VM that we know has the caller's CID; the guest keeps the report.</summary>
    UnknownVm,

    /// <summary>The user does not want reports.</summary>
    NoConsent,

    /// <summary>The VM has sent its share for now.</summary>
    OverRate,

    /// <summary>It is larger than a report may be.</summary>
    TooLong,

    /// <summary>It could not be written, and nothing of it was; the guest keeps it.</summary>
    NoRoom,

    /// <summary>There is no service of that name.</summary>
    UnknownService,

    /// <summary>Of a service in a VM that goes down, or that nobody knows: nothing to keep.</summary>
    Ignored,
}
