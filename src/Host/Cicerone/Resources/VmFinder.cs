using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Concierge.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Resources;

/// <summary>
/// Which VM has a CID: of those that run, or else of those that stand in vm_concierge's records, as a VM that still boots does.
/// </summary>
internal sealed class VmFinder(VmTable running, RunningVms records)
{
    public KnownVm? Find(Cid cid) => running.Find(cid) ?? (records.Find(cid) is { } id ? new KnownVm(id, cid) : null);
}
