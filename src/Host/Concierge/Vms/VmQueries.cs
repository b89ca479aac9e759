using VmTools.Host.Instance;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms;

/// <summary>What callers may ask about VMs (GetVmInfo, ListVms, the states of one owner's VMs), answered without waiting.</summary>
internal sealed class VmQueries(VmRegistry registry, VmEndings endings)
{
    /// <summary>One VM as it is now, or null.</summary>
    public VmSnapshot? Find(VmId id) => registry.Find(id)?.Snapshot;

    /// <summary>The VMs of one owner, by name.</summary>
    public IReadOnlyList<VmSnapshot> OfOwner(OwnerId owner) =>
        [.. registry.OfOwner(owner).Select(vm => vm.Snapshot).OrderBy(vm => vm.Id.Name.Value, StringComparer.Ordinal)];

    /// <summary>How the VMs of one owner are: those that there are, by name, and then how the others ended last.</summary>
    public IEnumerable<T> StatesOf<T>(OwnerId owner, Func<VmSnapshot, T> present, Func<VmName, VmEnding, T> gone)
    {
        var vms = OfOwner(owner);
        var names = vms.Select(vm => vm.Id.Name).ToHashSet();
        return
        [
            .. vms.Select(present),
            .. endings.OfOwner(owner).Where(ending => !names.Contains(ending.Key))
                .OrderBy(ending => ending.Key.Value, StringComparer.Ordinal).Select(ending => gone(ending.Key, ending.Value)),
        ];
    }
}
