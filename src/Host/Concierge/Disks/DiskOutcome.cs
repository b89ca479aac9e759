namespace VmTools.Host.Concierge.Disks;

/// <summary>The answer to an operation on a disk.</summary>
internal sealed record DiskOutcome(DiskStatus Status)
{
    public string Path { get; init; } = "";

    public string Reason { get; init; } = "";
}
