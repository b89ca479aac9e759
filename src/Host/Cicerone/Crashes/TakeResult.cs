using VmTools.Host.CrashStore;
using VmTools.Host.Vms;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>What became of a report, whose it was as far as that is known, and why it was not stored where that says more.</summary>
internal sealed record TakeResult(TakeOutcome Outcome, VmId? Vm)
{
    public StoredReport? Report { get; init; }

    /// <summary>Reports that had to go for it.</summary>
    public int Removed { get; init; }

    public string? Why { get; init; }
}

/// <summary>What became of a report.</summary>
internal enum TakeOutcome
{
    Stored,

    /// <summary>No VM that vm_cicerone knows has the caller's CID; the guest keeps the report.</summary>
    UnknownVm,

    /// <summary>The host's user does not want reports.</summary>
    NoConsent,

    /// <summary>The VM has sent its share for now.</summary>
    OverRate,

    /// <summary>The report is larger than a report may be.</summary>
    TooLong,

    /// <summary>The report could not be written, and nothing of it was; the guest keeps it.</summary>
    NoRoom,

    /// <summary>There is no service of that name.</summary>
    UnknownService,

    /// <summary>The report is of a service in a VM that goes down or is not known: there is nothing to keep.</summary>
    Ignored,
}
