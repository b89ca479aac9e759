namespace VmTools.Host.Vmc.Disks;

/// <summary>One disk image in a listing; the size is what it takes on the host.</summary>
internal sealed record DiskRow(string Name, ulong Bytes, string Path)
{
    public string? Type { get; init; }
}
