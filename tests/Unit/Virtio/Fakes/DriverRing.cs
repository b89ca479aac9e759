using System.Buffers.Binary;
using VmTools.Virtio.Memory;
using VmTools.Virtio.Rings;

namespace VmTools.Unit.Virtio.Fakes;

/// <summary>The driver's side of a split ring, written from the specification and free to break it.</summary>
internal sealed class DriverRing
{
    public const ushort Next = 1;
    public const ushort Write = 2;
    public const ushort Indirect = 4;

    private readonly GuestRam _ram;
    private readonly ulong _descriptors;
    private readonly ulong _available;
    private readonly ulong _used;
    private readonly ulong _data;
    private readonly ulong _dataEnd;
    private ulong _free;
    private ushort _nextDescriptor;
    private ushort _seenUsed;

    public DriverRing(GuestRam ram, ushort size = 16, bool eventIndex = true, int firstPage = 1, int pages = 32)
    {
        _ram = ram;
        Size = size;
        EventIndex = eventIndex;
        _descriptors = GuestRam.GuestBase + (ulong)(firstPage * GuestRam.PageSize);
        _available = _descriptors + (16UL * size);
        _used = (_available + 6 + (2UL * size) + 3) & ~3UL;
        _data = (_used + 6 + (8UL * size) + 63) & ~63UL;
        _dataEnd = _descriptors + (ulong)(pages * GuestRam.PageSize);
        _free = _data;
    }

    public ushort Size { get; }

    public bool EventIndex { get; }

    public RingAddresses Addresses => new(GuestRam.UserOf(_descriptors), GuestRam.UserOf(_available), GuestRam.UserOf(_used));

    public ref ushort AvailableFlags => ref _ram.Short(_available);

    public ref ushort AvailableIndex => ref _ram.Short(_available + 2);

    public ref ushort UsedEvent => ref _ram.Short(_available + 4 + (2UL * Size));

    public ref ushort UsedFlags => ref _ram.Short(_used);

    public ref ushort UsedIndex => ref _ram.Short(_used + 2);

    public ref ushort AvailableEvent => ref _ram.Short(_used + 4 + (8UL * Size));

    public RingLayout Layout(GuestMemory memory, bool indirect = true) =>
        RingLayout.TryFind(memory, Addresses, new RingLayoutOptions(Size, EventIndex, indirect))!;

    public ref ushort Entry(int index) => ref _ram.Short(_available + 4 + (2UL * (ulong)(index & (Size - 1))));

    public void Describe(int index, ulong address, uint length, int flags, int next = 0) =>
        WriteDescriptor(_ram.At(_descriptors + (16UL * (ulong)index), 16), address, length, flags, next);

    public static void WriteDescriptor(Span<byte> at, ulong address, uint length, int flags, int next)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(at, address);
        BinaryPrimitives.WriteUInt32LittleEndian(at[8..], length);
        BinaryPrimitives.WriteUInt16LittleEndian(at[12..], (ushort)flags);
        BinaryPrimitives.WriteUInt16LittleEndian(at[14..], (ushort)next);
    }

    /// <summary>A place for data nobody else uses until the area has been gone through once.</summary>
    public ulong Allocate(int length)
    {
        if (_free + (ulong)length > _dataEnd)
        {
            _free = _data;
        }

        var place = _free;
        _free += (ulong)((length + 15) & ~15);
        return place;
    }

    public ulong Store(ReadOnlySpan<byte> bytes)
    {
        var place = Allocate(bytes.Length);
        bytes.CopyTo(_ram.At(place, bytes.Length));
        return place;
    }

    public Span<byte> At(ulong guest, int length) => _ram.At(guest, length);

    /// <summary>Offers a head; true when the device wants to be kicked for it.</summary>
    public bool Offer(int head)
    {
        var before = AvailableIndex;
        Entry(before) = (ushort)head;
        Volatile.Write(ref AvailableIndex, (ushort)(before + 1));
        Interlocked.MemoryBarrier();
        return EventIndex
            ? (ushort)(before + 1 - Volatile.Read(ref AvailableEvent) - 1) < 1
            : (Volatile.Read(ref UsedFlags) & 1) == 0;
    }

    /// <summary>Offers buffers as one chain of direct descriptors, readable ones first.</summary>
    public ushort OfferChain(params ReadOnlySpan<DriverBuffer> buffers)
    {
        var head = TakeDescriptors(buffers.Length);
        for (var i = 0; i < buffers.Length; i++)
        {
            var isLast = i == buffers.Length - 1;
            Describe(Wrap(head + i), buffers[i].Address, buffers[i].Length, buffers[i].Flags | (isLast ? 0 : Next), Wrap(head + i + 1));
        }

        Offer(head);
        return head;
    }

    /// <summary>Offers buffers behind one indirect descriptor, optionally after a direct prefix.</summary>
    public ushort OfferIndirect(ReadOnlySpan<DriverBuffer> direct, params ReadOnlySpan<DriverBuffer> indirect)
    {
        var head = TakeDescriptors(direct.Length + 1);
        for (var i = 0; i < direct.Length; i++)
        {
            Describe(Wrap(head + i), direct[i].Address, direct[i].Length, direct[i].Flags | Next, Wrap(head + i + 1));
        }

        Describe(Wrap(head + direct.Length), StoreTable(indirect), (uint)(16 * indirect.Length), Indirect);
        Offer(head);
        return head;
    }

    public ulong StoreTable(ReadOnlySpan<DriverBuffer> buffers)
    {
        var table = Allocate(16 * buffers.Length);
        for (var i = 0; i < buffers.Length; i++)
        {
            var flags = buffers[i].Flags | (i == buffers.Length - 1 ? 0 : Next);
            WriteDescriptor(_ram.At(table + (16UL * (ulong)i), 16), buffers[i].Address, buffers[i].Length, flags, i + 1);
        }

        return table;
    }

    public DriverBuffer Readable(ReadOnlySpan<byte> bytes) => new(Store(bytes), (uint)bytes.Length, 0);

    public DriverBuffer Writable(int length) => new(Allocate(length), (uint)length, Write);

    /// <summary>The next used element the device has published.</summary>
    public bool TryTakeUsed(out uint head, out uint written)
    {
        (head, written) = (0, 0);
        if (Volatile.Read(ref UsedIndex) == _seenUsed)
        {
            return false;
        }

        var element = _ram.At(_used + 4 + (8UL * (ulong)(_seenUsed & (Size - 1))), 8);
        head = BinaryPrimitives.ReadUInt32LittleEndian(element);
        written = BinaryPrimitives.ReadUInt32LittleEndian(element[4..]);
        _seenUsed++;
        return true;
    }

    /// <summary>A new driver instance: rings are zeroed and begin at their first entry.</summary>
    public void Reset()
    {
        _ram.At(_descriptors, (int)(_data - _descriptors)).Clear();
        _nextDescriptor = 0;
        _seenUsed = 0;
    }

    private int Wrap(int index) => index & (Size - 1);

    private ushort TakeDescriptors(int count)
    {
        var head = (ushort)Wrap(_nextDescriptor);
        _nextDescriptor = (ushort)(_nextDescriptor + count);
        return head;
    }
}
