namespace VmTools.Virtio.Memory;

/// <summary>
/// A stretch of guest memory that lies in one region and was checked when a ring was set up. Only <see cref="GuestMemory"/> reads
/// and writes through it; it is valid until that memory table is replaced, which stops the ring first.
/// </summary>
public readonly record struct RingArea(nint Address, int Length);
