using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Vms;

/// <summary>A VM that runs, as vm_concierge told of it.</summary>
internal sealed record KnownVm(VmId Id, Cid Cid)
{
    /// <summary>It goes down: what fails in it now fails because of that.</summary>
    public bool IsStopping { get; init; }
}
