using VmTools.Host.Vms;

namespace VmTools.Host.CrashStore;

/// <summary>A report in the store.</summary>
internal sealed record StoredReport(VmId Vm, CrashId Id, CrashPaths Places)
{
    public required CrashFacts Facts { get; init; }

    /// <summary>Of all its files.</summary>
    public required long Bytes { get; init; }

    public string Dump => Places.FileOf(Id, CrashPaths.Dump);

    public string Meta => Places.FileOf(Id, CrashPaths.Meta);

    public string Tree => Places.FileOf(Id, CrashPaths.Tree);
}
