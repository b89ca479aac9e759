namespace VmTools.Host.Concierge.Disks;

/// <summary>One disk of a StartVm request, and where the guest shall mount it, if anywhere.</summary>
internal sealed record StartDisk(string Path, bool IsWritable)
{
    public bool IsMounted { get; init; }

    public string MountPoint { get; init; } = "";

    public string FileSystem { get; init; } = "";

    public ulong Flags { get; init; }

    public string Options { get; init; } = "";
}
