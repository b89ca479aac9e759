using VmTools.Virtio.Memory;

namespace VmTools.Virtio.Rings;

/// <summary>
/// Follows one descriptor chain, indirect tables included, and leaves its checked buffers in the arena. Each descriptor is copied out
/// of guest memory once and judged by the copy (virtio 1.2, sections 2.7.5 and 2.7.13).
/// </summary>
internal sealed class ChainWalker(GuestMemory memory, RingLayout layout, RingRules rules, SegmentArena arena)
{
    private ulong _readable;
    private ulong _writable;

    public int Start { get; private set; }

    public int ReadableCount { get; private set; }

    public int WritableCount { get; private set; }

    public uint ReadableLength => (uint)_readable;

    public uint WritableLength => (uint)_writable;

    /// <summary>Follows the chain of <paramref name="head"/>; anything but Good leaves the arena as it was.</summary>
    public WalkResult Walk(ushort head)
    {
        Start = arena.Count;
        ReadableCount = 0;
        WritableCount = 0;
        _readable = 0;
        _writable = 0;

        var result = WalkTable(head);
        if (result == WalkResult.Good && _readable + _writable < rules.MinimumLength)
        {
            result = WalkResult.Rejected;
        }

        if (result != WalkResult.Good)
        {
            arena.Rewind(Start);
        }

        return result;
    }

    private WalkResult WalkTable(ushort head)
    {
        Span<byte> copy = stackalloc byte[Descriptor.Size];
        var index = head;

        // A chain visits each descriptor at most once; one that takes more steps runs in a circle.
        for (var steps = 0; steps < layout.Size; steps++)
        {
            if (index >= layout.Size)
            {
                return WalkResult.Broken;
            }

            GuestMemory.ReadArea(layout.Descriptors, index * Descriptor.Size, copy);
            var descriptor = Descriptor.Read(copy);
            if (descriptor.IsIndirect)
            {
                return WalkIndirect(descriptor);
            }

            var added = Add(descriptor);
            if (added != WalkResult.Good || !descriptor.HasNext)
            {
                return added;
            }

            index = descriptor.Next;
        }

        return WalkResult.Broken;
    }

    private WalkResult WalkIndirect(Descriptor table)
    {
        var entries = table.Length / Descriptor.Size;
        if (!layout.Indirect || table.HasNext || table.Length % Descriptor.Size != 0 || entries is 0 or > ushort.MaxValue)
        {
            return WalkResult.Rejected;
        }

        Span<byte> copy = stackalloc byte[Descriptor.Size];
        uint index = 0;
        for (var steps = 0; steps < Math.Min(entries, SegmentArena.MaxChain); steps++)
        {
            if (index >= entries
                || table.Address > ulong.MaxValue - table.Length
                || !memory.TryRead(table.Address + (index * Descriptor.Size), copy))
            {
                return WalkResult.Rejected;
            }

            var descriptor = Descriptor.Read(copy);
            var added = descriptor.IsIndirect ? WalkResult.Rejected : Add(descriptor);
            if (added != WalkResult.Good || !descriptor.HasNext)
            {
                return added;
            }

            index = descriptor.Next;
        }

        return WalkResult.Rejected;
    }

    private WalkResult Add(Descriptor descriptor)
    {
        var allowed = descriptor.IsDeviceWritable
            ? rules.Direction != RingDirection.DeviceReads
            : rules.Direction != RingDirection.DeviceWrites && WritableCount == 0 && _writable == 0;
        if (!allowed)
        {
            return WalkResult.Rejected;
        }

        var found = new IoVectorList(arena.Free);
        if (!memory.TryGetVectors(descriptor.Address, descriptor.Length, ref found))
        {
            return WalkResult.Rejected;
        }

        arena.Take(found.Count);
        return Count(descriptor, found.Count);
    }

    private WalkResult Count(Descriptor descriptor, int segments)
    {
        if (descriptor.IsDeviceWritable)
        {
            WritableCount += segments;
            _writable += descriptor.Length;
        }
        else
        {
            ReadableCount += segments;
            _readable += descriptor.Length;
        }

        return _readable + _writable <= uint.MaxValue ? WalkResult.Good : WalkResult.Rejected;
    }
}

/// <summary>How following a descriptor chain ended.</summary>
internal enum WalkResult
{
    Good,

    /// <summary>The chain breaks a rule or does not fit; its head can still be given back.</summary>
    Rejected,

    /// <summary>The descriptor table itself makes no sense.</summary>
    Broken,
}
