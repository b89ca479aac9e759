using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Instance;

namespace VmTools.Host.Concierge.Verbs;

/// <summary>ListVmDisks: the disks of one owner, or the one disk of one VM.</summary>
internal sealed class ListVmDisks(DiskStore store)
{
    public IReadOnlyList<DiskImage> Run(OwnerId owner, VmName? only) =>
        [.. store.List(owner).Where(disk => only is null || disk.Name == only)];
}
