using System.Buffers.Binary;
using System.Text;

namespace VmTools.Crash.Minidumps;

/// <summary>The bytes of a minidump from a guest, which may lie: every place and size is checked before it is used.</summary>
internal sealed class MinidumpBytes(ReadOnlyMemory<byte> bytes)
{
    private readonly Dictionary<MinidumpStreamType, MinidumpLocation> _streams = [];

    public bool TryReadDirectory(out string problem)
    {
        var head = bytes.Span;
        if (head.Length < MinidumpFormat.HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(head) != MinidumpFormat.Signature)
        {
            problem = "This is no minidump: it does not begin with MDMP.";
            return false;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
        var at = BinaryPrimitives.ReadUInt32LittleEndian(head[12..]);
        if ((ushort)BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) != (ushort)MinidumpFormat.Version
            || at > head.Length
            || count > (head.Length - at) / MinidumpFormat.DirectoryEntrySize)
        {
            problem = "The minidump is damaged: its list of streams is not within it.";
            return false;
        }

        for (var index = 0; index < count; index++)
        {
            var entry = head[((int)at + (index * MinidumpFormat.DirectoryEntrySize))..];
            if (TryLocation(entry[4..], out var location))
            {
                _streams.TryAdd((MinidumpStreamType)BinaryPrimitives.ReadUInt32LittleEndian(entry), location);
            }
        }

        problem = "";
        return true;
    }

    public uint TimeStamp => BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span[20..]);

    /// <summary>Empty when the minidump has no such stream.</summary>
    public ReadOnlyMemory<byte> Stream(MinidumpStreamType type) => At(_streams.GetValueOrDefault(type));

    public ReadOnlyMemory<byte> At(MinidumpLocation location) => bytes.Slice(location.Rva, location.Size);

    /// <summary>A size and a place, when both are within the minidump.</summary>
    public bool TryLocation(ReadOnlySpan<byte> descriptor, out MinidumpLocation location)
    {
        var (size, rva) = (BinaryPrimitives.ReadUInt32LittleEndian(descriptor), BinaryPrimitives.ReadUInt32LittleEndian(descriptor[4..]));
        var isWithin = rva <= bytes.Length && size <= bytes.Length - rva;
        location = isWithin ? new MinidumpLocation((int)size, (int)rva) : default;
        return isWithin;
    }

    /// <summary>
    /// The entries of a list: a count of 4 bytes, then records of one size, of which there are no more than the stream has bytes for.
    /// </summary>
    public List<ReadOnlyMemory<byte>> List(MinidumpStreamType type, int recordSize, int most)
    {
        var stream = Stream(type);
        var records = new List<ReadOnlyMemory<byte>>();
        if (stream.Length < 4)
        {
            return records;
        }

        var claimed = BinaryPrimitives.ReadUInt32LittleEndian(stream.Span);

        // Some writers align the records to 8 bytes and leave 4 empty before the first.
        var first = claimed * recordSize + 8 == stream.Length ? 8 : 4;
        var count = (int)Math.Min(Math.Min(claimed, (uint)most), (uint)((stream.Length - Math.Min(first, stream.Length)) / recordSize));
        for (var index = 0; index < count; index++)
        {
            records.Add(stream.Slice(first + (index * recordSize), recordSize));
        }

        return records;
    }

    /// <summary>MINIDUMP_STRING; empty when it is not within the minidump. A long one is cut.</summary>
    public string String(ulong rva, int most = 1024)
    {
        if (rva > (ulong)bytes.Length || (ulong)bytes.Length - rva < 4)
        {
            return "";
        }

        var at = bytes.Span[(int)rva..];
        var size = (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(at), (uint)Math.Min(at.Length - 4, most * 2));
        return Encoding.Unicode.GetString(at.Slice(4, size & ~1));
    }
}
