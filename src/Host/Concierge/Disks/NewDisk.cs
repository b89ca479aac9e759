using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Disks;

/// <summary>A disk to be made.</summary>
internal sealed record NewDisk(VmId Id)
{
    /// <summary>0 leaves the choice to us.</summary>
    public long Size { get; init; }

    public bool IsSparse { get; init; }

    public bool HasExt4 { get; init; }

    /// <summary>Options for mkfs.ext4 in the place of ours.</summary>
    public IReadOnlyList<string> FormatOptions { get; init; } = [];

    public IReadOnlyList<string> TuneOptions { get; init; } = [];

    public VmType Type { get; init; }
}
