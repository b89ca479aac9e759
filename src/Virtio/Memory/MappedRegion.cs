using VmTools.Linux.Memory;

namespace VmTools.Virtio.Memory;

/// <summary>
/// A region and where this process has mapped it; <see cref="Host"/> never leaves this folder except inside a checked vector.
/// </summary>
internal sealed record MappedRegion(MemoryRegion Region, MemoryMapping Mapping, nint Host)
{
    /// <summary>How many bytes from <paramref name="address"/> to the end of the region; 0 when it lies outside.</summary>
    public ulong RoomAtGuest(ulong address) => Room(address, Region.GuestAddress);

    public ulong RoomAtUser(ulong address) => Room(address, Region.UserAddress);

    public bool OverlapsGuest(MemoryRegion other) =>
        other.GuestAddress < Region.GuestAddress + Region.Size && Region.GuestAddress < other.GuestAddress + other.Size;

    private ulong Room(ulong address, ulong start) =>
        address >= start && address - start < Region.Size ? Region.Size - (address - start) : 0;
}
