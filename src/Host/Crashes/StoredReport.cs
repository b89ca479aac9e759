using VmTools.Host.Concierge.Vms;

namespace VmTools.Host.Crashes;

/// <summary>A report in the store.</summary>
internal sealed record StoredReport(VmId Vm, CrashId Id, CrashPlaces Places)
{
    public required CrashFacts Facts { get; init; }

    /// <summary>Of all its files.</summary>
    public required long Bytes { get; init; }

    public string Dump => Places.FileOf(Id, CrashPlaces.Dump);

    public string Meta => Places.FileOf(Id, CrashPlaces.Meta);

    public string Tree => Places.FileOf(Id, CrashPlaces.Tree);
}
