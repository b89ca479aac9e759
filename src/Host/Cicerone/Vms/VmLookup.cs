using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Vms;

/// <summary>
/// Which VM has a CID: of those that run, or else of those that stand in vm_concierge's records, as a VM that still boots does.
/// </summary>
internal sealed class VmLookup(VmTable running, RunningVms records)
{
    public KnownVm? Find(Cid cid) => running.Find(cid) ?? (records.Find(cid) is { } id ? new KnownVm(id, cid) : null);
}
