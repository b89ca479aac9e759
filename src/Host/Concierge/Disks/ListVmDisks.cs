using VmTools.Host.Instance;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Disks;

/// <summary>ListVmDisks: the disks of one owner, or the one disk of one VM.</summary>
internal sealed class ListVmDisks(DiskStore store)
{
    public IReadOnlyList<DiskImage> Run(OwnerId owner, VmName? only) =>
        [.. store.List(owner).Where(disk => only is null || disk.Name == only)];
}
