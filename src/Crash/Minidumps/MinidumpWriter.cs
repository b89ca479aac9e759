using System.Buffers.Binary;
using System.Text;

namespace VmTools.Crash.Minidumps;

/// <summary>
/// A minidump that is being put together in memory, with a limit that it never passes. Parts are appended; what is only known later
/// gets its place first and its bytes then.
/// </summary>
internal sealed class MinidumpWriter
{
    private const int MaxStreams = 20;
    private const int Alignment = 8;

    private readonly byte[] _bytes;
    private int _streams;

    public MinidumpWriter(int limit)
    {
        _bytes = new byte[limit];
        Length = MinidumpFormat.HeaderSize + (MaxStreams * MinidumpFormat.DirectoryEntrySize);
    }

    public int Length { get; private set; }

    /// <summary>What still fits.</summary>
    public int Remaining => Math.Max(0, _bytes.Length - Aligned(Length));

    /// <summary>Bytes that a part takes, its alignment included.</summary>
    public static int Cost(int size) => Aligned(size);

    /// <summary>A zeroed part; a caller that asks for more than remains has a defect.</summary>
    public MinidumpLocation Reserve(int size)
    {
        if (size > Remaining)
        {
            throw new InvalidOperationException(
                $"A part of {size} bytes does not fit into what remains of the minidump, {Remaining} bytes.");
        }

        var location = new MinidumpLocation(size, Aligned(Length));
        Length = location.Rva + size;
        return location;
    }

    public MinidumpLocation Append(ReadOnlySpan<byte> part)
    {
        var location = Reserve(part.Length);
        part.CopyTo(At(location));
        return location;
    }

    /// <summary>MINIDUMP_STRING: its length in bytes, UTF-16, a zero that is not counted. The result is its place.</summary>
    public int AppendString(string text)
    {
        var location = Reserve(StringSize(text));
        var at = At(location);
        BinaryPrimitives.WriteInt32LittleEndian(at, text.Length * 2);
        Encoding.Unicode.GetBytes(text, at[4..]);
        return location.Rva;
    }

    public static int StringSize(string text) => 4 + (text.Length * 2) + 2;

    public Span<byte> At(MinidumpLocation location) => _bytes.AsSpan(location.Rva, location.Size);

    public void AddStream(MinidumpStreamType type, MinidumpLocation location)
    {
        if (_streams == MaxStreams)
        {
            throw new InvalidOperationException($"A minidump here has at most {MaxStreams} streams.");
        }

        var entry = _bytes.AsSpan(MinidumpFormat.HeaderSize + (_streams * MinidumpFormat.DirectoryEntrySize));
        BinaryPrimitives.WriteUInt32LittleEndian(entry, (uint)type);
        WriteLocation(entry[4..], location);
        _streams++;
    }

    public void Finish(DateTimeOffset time, Stream into)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes, MinidumpFormat.Signature);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(4), MinidumpFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(8), _streams);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.AsSpan(12), MinidumpFormat.HeaderSize);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(20), UnixTime(time));
        into.Write(_bytes, 0, Length);
    }

    public static uint UnixTime(DateTimeOffset time) => (uint)Math.Clamp(time.ToUnixTimeSeconds(), 0, uint.MaxValue);

    public static void WriteLocation(Span<byte> at, MinidumpLocation location)
    {
        BinaryPrimitives.WriteInt32LittleEndian(at, location.Size);
        BinaryPrimitives.WriteInt32LittleEndian(at[4..], location.Rva);
    }

    private static int Aligned(int position) => (position + Alignment - 1) & ~(Alignment - 1);
}
