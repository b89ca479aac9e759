namespace VmTools.Host.Concierge.Disks;

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
