using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Disks;

/// <summary>A disk that exists.</summary>
internal sealed record DiskImage(VmName Name, string Path)
{
    /// <summary>What it takes of the host's disk, not how large the guest sees it.</summary>
    public required long AllocatedBytes { get; init; }

    public required bool HasUserChosenSize { get; init; }

    /// <summary>Null where it is not noted on the image.</summary>
    public VmType? Type { get; init; }
}
