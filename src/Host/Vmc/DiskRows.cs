namespace VmTools.Host.Vmc;

/// <summary>A listing of disk images and what they take together.</summary>
internal sealed record DiskRows(IReadOnlyList<DiskRow> Disks, ulong TotalBytes);
