namespace VmTools.Host.Concierge.Disks;

/// <summary>The answer to an operation on a disk.</summary>
internal sealed record DiskOutcome(DiskStatus Status)
{
    public string Path { get; init; } = "";

    public string Reason { get; init; } = "";
}

/// <summary>What came of an operation on a disk; the numbers are those of <c>vm_tools.concierge.DiskImageStatus</c>.</summary>
internal enum DiskStatus
{
    Created = 1,
    Exists = 2,
    Failed = 3,
    DoesNotExist = 4,
    Destroyed = 5,
    NotEnoughSpace = 8,
}
