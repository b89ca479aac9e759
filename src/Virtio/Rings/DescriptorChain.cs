using VmTools.Linux;
using VmTools.Virtio.Memory;

namespace VmTools.Virtio.Rings;

/// <summary>
/// One request taken from a ring: its buffers, checked and translated. Valid until it is pushed or un-popped, which happens
/// before control returns to the event loop.
/// </summary>
public readonly struct DescriptorChain
{
    private readonly SegmentArena _arena;
    private readonly int _start;
    private readonly int _readableCount;
    private readonly int _writableCount;

    internal DescriptorChain(ushort head, SegmentArena arena, ChainWalker found)
    {
        Head = head;
        _arena = arena;
        _start = found.Start;
        _readableCount = found.ReadableCount;
        _writableCount = found.WritableCount;
        ReadableLength = found.ReadableLength;
        WritableLength = found.WritableLength;
    }

    public ushort Head { get; }

    public uint ReadableLength { get; }

    public uint WritableLength { get; }

    private ReadOnlySpan<IoVector> Readable => _arena.Slice(_start, _readableCount);

    private ReadOnlySpan<IoVector> Writable => _arena.Slice(_start + _readableCount, _writableCount);

    /// <summary>Copies from the readable part; false when it is too short. Read a header once and judge only the copy.</summary>
    public bool TryCopyOut(uint offset, Span<byte> to)
    {
        if (offset > ReadableLength || (uint)to.Length > ReadableLength - offset)
        {
            return false;
        }

        foreach (var segment in Readable)
        {
            if (to.IsEmpty)
            {
                break;
            }

            if (offset >= segment.Length)
            {
                offset -= (uint)segment.Length;
                continue;
            }

            var count = (int)Math.Min((uint)to.Length, (uint)segment.Length - offset);
            GuestMemory.CopyOut(segment, offset, to[..count]);
            to = to[count..];
            offset = 0;
        }

        return true;
    }

    /// <summary>Copies into the writable part; false when it is too short.</summary>
    public bool TryCopyIn(uint offset, ReadOnlySpan<byte> from)
    {
        if (offset > WritableLength || (uint)from.Length > WritableLength - offset)
        {
            return false;
        }

        foreach (var segment in Writable)
        {
            if (from.IsEmpty)
            {
                break;
            }

            if (offset >= segment.Length)
            {
                offset -= (uint)segment.Length;
                continue;
            }

            var count = (int)Math.Min((uint)from.Length, (uint)segment.Length - offset);
            GuestMemory.CopyIn(segment, offset, from[..count]);
            from = from[count..];
            offset = 0;
        }

        return true;
    }

    /// <summary>
    /// Vectors of up to <paramref name="length"/> readable bytes from <paramref name="offset"/>; returns how many were written. Covers
    /// less when the chain ends or <paramref name="to"/> is full.
    /// </summary>
    public int GetReadable(uint offset, uint length, Span<IoVector> to) => Get(Readable, offset, length, to);

    /// <summary>The same as <see cref="GetReadable"/> for the writable part of the chain.</summary>
    public int GetWritable(uint offset, uint length, Span<IoVector> to) => Get(Writable, offset, length, to);

    private static int Get(ReadOnlySpan<IoVector> segments, uint offset, uint length, Span<IoVector> to)
    {
        var count = 0;
        foreach (var segment in segments)
        {
            if (length == 0 || count == to.Length)
            {
                break;
            }

            if (offset >= segment.Length)
            {
                offset -= (uint)segment.Length;
                continue;
            }

            var part = Math.Min((uint)segment.Length - offset, length);
            to[count++] = new IoVector(segment.Address + (nint)offset, part);
            length -= part;
            offset = 0;
        }

        return count;
    }
}
