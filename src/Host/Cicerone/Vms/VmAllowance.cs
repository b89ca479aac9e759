using VmTools.Host.Vms;

namespace VmTools.Host.Cicerone.Vms;

/// <summary>How many messages of one kind each VM may still send.</summary>
internal sealed class VmAllowance(int burst, int perHour, TimeProvider clock) : Allowance<VmId>(burst, perHour, clock);
