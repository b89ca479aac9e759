using VmTools.Host.Vms;

namespace VmTools.Host.Concierge.Vms;

/// <summary>GetVmInfo: one VM as it is now, or nothing.</summary>
internal sealed class GetVmInfo(VmRegistry registry)
{
    public VmSnapshot? Run(VmId id) => registry.Find(id)?.Snapshot;
}
