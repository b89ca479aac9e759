using VmTools.Host.Instance;

namespace VmTools.Host.Concierge.Vms;

/// <summary>ListVms: the VMs of one owner, by name.</summary>
internal sealed class ListVms(VmRegistry registry)
{
    public IReadOnlyList<VmSnapshot> Run(OwnerId owner) =>
        [.. registry.OfOwner(owner).Select(vm => vm.Snapshot).OrderBy(vm => vm.Id.Name.Value, StringComparer.Ordinal)];
}
