namespace VmTools.Host.Concierge.Vms;

/// <summary>What the guest's installer reports about itself; the numbers are the wire's.</summary>
internal sealed record VmInstallReport(int State, int Step, long Percent, string FailedReason);
