using VmTools.Host.Vms;

namespace VmTools.Host.CrashStore;

/// <summary>A report in the store.</summary>
internal sealed record StoredReport(VmId Vm, CrashId Id, CrashDirectory Directory)
{
    public required CrashMetadata Metadata { get; init; }

    /// <summary>The sizes of all its files together.</summary>
    public required long Bytes { get; init; }

    /// <summary>The minidump's file, which need not be there.</summary>
    public string Dump => Directory.FileOf(Id, CrashDirectory.Dump);

    public string Meta => Directory.FileOf(Id, CrashDirectory.Meta);

    /// <summary>The process tree's file, which need not be there.</summary>
    public string Tree => Directory.FileOf(Id, CrashDirectory.Tree);
}
