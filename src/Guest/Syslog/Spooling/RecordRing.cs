using System.Buffers.Binary;

namespace VmTools.Guest.Syslog.Spooling;

/// <summary>
/// Records first in, first out, in a fixed number of bytes: each with its length and a tag of the caller's before it, the last
/// one continued at the front where the end is reached.
/// </summary>
internal sealed class RecordRing(IRingStorage storage) : IDisposable
{
    public const int HeaderBytes = sizeof(int) + sizeof(ulong);

    private long _head;
    private long _used;

    public int Count { get; private set; }

    /// <summary>The length of all records, without their headers.</summary>
    public long Bytes => _used - ((long)Count * HeaderBytes);

    public AppendOutcome Append(ReadOnlySpan<byte> record, ulong tag)
    {
        if (_used + HeaderBytes + record.Length > storage.Capacity)
        {
            return AppendOutcome.Full;
        }

        Span<byte> header = stackalloc byte[HeaderBytes];
        BinaryPrimitives.WriteInt32LittleEndian(header, record.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(header[sizeof(int)..], tag);
        if (!TryWrite(_used, header) || !TryWrite(_used + HeaderBytes, record))
        {
            return AppendOutcome.Failed;
        }

        _used += HeaderBytes + record.Length;
        Count++;
        return AppendOutcome.Stored;
    }

    /// <summary>The length of the oldest record; false where there is none, or where the storage has failed.</summary>
    public bool TryPeek(out int length, out ulong tag)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        if (Count == 0 || !TryRead(0, header))
        {
            (length, tag) = (0, 0);
            return false;
        }

        length = BinaryPrimitives.ReadInt32LittleEndian(header);
        tag = BinaryPrimitives.ReadUInt64LittleEndian(header[sizeof(int)..]);
        return true;
    }

    /// <summary>Copies the oldest record, whose length the caller has just learned; it stays.</summary>
    public bool TryCopy(Span<byte> record) => TryRead(HeaderBytes, record);

    /// <summary>Removes the oldest record, of this length.</summary>
    public void Remove(int length)
    {
        _head = (_head + HeaderBytes + length) % storage.Capacity;
        _used -= HeaderBytes + length;
        if (--Count == 0)
        {
            Clear();
        }
    }

    public void Clear()
    {
        (_head, _used, Count) = (0, 0, 0);
        storage.Clear();
    }

    public void Dispose() => storage.Dispose();

    private bool TryWrite(long position, ReadOnlySpan<byte> bytes)
    {
        var offset = (_head + position) % storage.Capacity;
        var first = (int)Math.Min(bytes.Length, storage.Capacity - offset);
        return storage.TryWrite(offset, bytes[..first]) && (first == bytes.Length || storage.TryWrite(0, bytes[first..]));
    }

    private bool TryRead(long position, Span<byte> bytes)
    {
        var offset = (_head + position) % storage.Capacity;
        var first = (int)Math.Min(bytes.Length, storage.Capacity - offset);
        return storage.TryRead(offset, bytes[..first]) && (first == bytes.Length || storage.TryRead(0, bytes[first..]));
    }
}

/// <summary>What became of a record that was to be appended.</summary>
internal enum AppendOutcome
{
    Stored,

    /// <summary>There is room only when older records go.</summary>
    Full,

    /// <summary>The storage did not take it.</summary>
    Failed,
}
