using VmTools.Host.Instance;
using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms;

/// <summary>How the VMs of one owner are: those that there are, by name, and then how the others ended last.</summary>
internal sealed class ListVmStates(VmRegistry registry, VmEndings endings)
{
    public IEnumerable<T> Run<T>(OwnerId owner, Func<VmSnapshot, T> present, Func<VmName, VmEnding, T> gone)
    {
        var vms = registry.OfOwner(owner).Select(vm => vm.Snapshot).ToDictionary(vm => vm.Id.Name);
        return
        [
            .. vms.Values.OrderBy(vm => vm.Id.Name.Value, StringComparer.Ordinal).Select(present),
            .. endings.OfOwner(owner).Where(ending => !vms.ContainsKey(ending.Key))
                .OrderBy(ending => ending.Key.Value, StringComparer.Ordinal).Select(ending => gone(ending.Key, ending.Value)),
        ];
    }
}
