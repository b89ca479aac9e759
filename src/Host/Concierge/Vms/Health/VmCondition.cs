namespace VmTools.Host.Concierge.Vms.Health;

/// <summary>What keeps a VM that was started from running at the moment: no caller asked for it, and it may pass.</summary>
internal sealed record VmCondition(VmConditionKind Kind, string Reason);

/// <summary>The two ways in which a VM is there and does not run.</summary>
internal enum VmConditionKind
{
    /// <summary>Its VMM has stopped the guest's processors, as it does when a write to a disk fails.</summary>
    Paused,

    /// <summary>Nothing has come from the guest's kernel for a while.</summary>
    NotAnswering,
}
