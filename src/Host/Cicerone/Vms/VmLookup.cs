using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Vms;

/// <summary>
/// Which VM is meant: of those that run, or else of those that stand in vm_concierge's records, as a VM that still boots does, and one of
/// which the notice is on its way.
/// </summary>
internal sealed class VmLookup(VmTable running, RunningVms records)
{
    public KnownVm? Find(Cid cid) => running.Find(cid) ?? (records.Find(cid) is { } id ? new KnownVm(id, cid) : null);

    /// <summary>Null too for texts that name no possible VM.</summary>
    public KnownVm? Find(string owner, string name) =>
        OwnerId.TryParse(owner, out var ownerId) && VmName.TryParse(name, out var vmName) ? Find(new VmId(ownerId, vmName)) : null;

    private KnownVm? Find(VmId id) => running.Find(id) ?? (records.Find(id) is { } cid ? new KnownVm(id, cid) : null);
}
