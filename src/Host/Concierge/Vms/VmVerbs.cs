using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.Concierge.Vms.Stop;

namespace VmTools.Host.Concierge.Vms;

/// <summary>The verbs about VMs, as the border calls them.</summary>
internal sealed record VmVerbs(StartVm Start, StopVm Stop, StopAllVms StopAll)
{
    public required GetVmInfo Info { get; init; }

    public required ListVms List { get; init; }

    public required ListVmStates States { get; init; }

    public required SyncVmTimes SyncTimes { get; init; }
}
