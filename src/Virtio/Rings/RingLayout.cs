using VmTools.Virtio.Memory;

namespace VmTools.Virtio.Rings;

/// <summary>
/// A split ring found in guest memory (virtio 1.2, section 2.7): descriptor table, available ring (driver to device) and used ring
/// (device to driver), with the offsets of their fields.
/// </summary>
public sealed class RingLayout
{
    public const int MaxSize = 32768;

    internal const int FlagsOffset = 0;
    internal const int IndexOffset = 2;

    /// <summary>available.flags: the driver wants no interrupt. used.flags: the device wants no kick.</summary>
    internal const ushort NoNotification = 1;

    private const int EntriesOffset = 4;
    private const int AvailableEntry = 2;
    private const int UsedEntry = 8;

    private RingLayout(ushort size, bool eventIndex, bool indirect)
    {
        Size = size;
        EventIndex = eventIndex;
        Indirect = indirect;
    }

    public ushort Size { get; }

    /// <summary>VIRTIO_F_EVENT_IDX was agreed on.</summary>
    public bool EventIndex { get; }

    /// <summary>VIRTIO_F_INDIRECT_DESC was agreed on.</summary>
    public bool Indirect { get; }

    internal RingArea Descriptors { get; private init; }

    internal RingArea Available { get; private init; }

    internal RingArea Used { get; private init; }

    internal int UsedEventOffset => EntriesOffset + (AvailableEntry * Size);

    internal int AvailableEventOffset => EntriesOffset + (UsedEntry * Size);

    public static bool IsValidSize(uint size) => size is > 0 and <= MaxSize && (size & (size - 1)) == 0;

    /// <summary>Finds the three parts in guest memory; each must lie in one region and be aligned.</summary>
    public static RingLayout? TryFind(GuestMemory memory, RingAddresses addresses, RingLayoutOptions options)
    {
        var size = options.Size;
        var tail = options.EventIndex ? sizeof(ushort) : 0;
        return IsValidSize(size)
            && addresses.AreAligned
            && memory.TryTranslateUserAddress(addresses.Descriptors, Descriptor.Size * size, out var descriptors)
            && memory.TryTranslateUserAddress(addresses.Available, EntriesOffset + (AvailableEntry * size) + tail, out var available)
            && memory.TryTranslateUserAddress(addresses.Used, EntriesOffset + (UsedEntry * size) + tail, out var used)
            ? new RingLayout(size, options.EventIndex, options.Indirect) { Descriptors = descriptors, Available = available, Used = used }
            : null;
    }

    internal int AvailableEntryOffset(ushort index) => EntriesOffset + (AvailableEntry * (index & (Size - 1)));

    internal int UsedEntryOffset(ushort index) => EntriesOffset + (UsedEntry * (index & (Size - 1)));
}

/// <summary>What a device asks of every chain of one ring; chains that break it go back to the guest unused.</summary>
/// <param name="Direction">Which kind of buffer the chain may have.</param>
/// <param name="MinimumLength">The fewest bytes a chain must have to be of use.</param>
public readonly record struct RingRules(RingDirection Direction, uint MinimumLength);

/// <summary>Who fills the buffers of a ring; a buffer of the other kind makes its chain invalid.</summary>
public enum RingDirection
{
    /// <summary>The device reads what the driver wrote (vsock tx).</summary>
    DeviceReads,

    /// <summary>The device writes into empty buffers (vsock rx and event).</summary>
    DeviceWrites,

    /// <summary>Readable buffers followed by writable ones.</summary>
    Both,
}

/// <summary>What front end and driver agreed on for one ring: its size and the two features that change how it works.</summary>
public readonly record struct RingLayoutOptions(ushort Size, bool EventIndex, bool Indirect);
