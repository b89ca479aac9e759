namespace VmTools.Virtio.Rings;

/// <summary>What a device asks of every chain of one ring; chains that break it go back to the guest unused.</summary>
/// <param name="Direction">Which kind of buffer the chain may have.</param>
/// <param name="MinimumLength">The fewest bytes a chain must have to be of use.</param>
public readonly record struct RingRules(RingDirection Direction, uint MinimumLength);
