namespace VmTools.Virtio.Memory;

/// <summary>
/// One piece of guest RAM as the front end describes it: where the guest sees it, where the front end itself has it mapped, and
/// where it lies in the shared file (vhost-user specification, memory region description).
/// </summary>
public readonly record struct MemoryRegion(ulong GuestAddress, ulong Size, ulong UserAddress, ulong FileOffset);
