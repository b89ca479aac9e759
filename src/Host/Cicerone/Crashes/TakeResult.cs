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
