using System.Buffers.Binary;

namespace VmTools.Crash.Cores;

/// <summary>The three words before a note's name and description, which both are padded to 4 bytes (elf(5), Nhdr).</summary>
internal readonly record struct NoteHeader(uint NameSize, uint DescriptionSize, uint Type)
{
    public const int Size = 12;

    public long PaddedName => Padded(NameSize);

    public long PaddedDescription => Padded(DescriptionSize);

    public static bool TryRead(ReadOnlySpan<byte> bytes, out NoteHeader header)
    {
        header = default;
        if (bytes.Length < Size)
        {
            return false;
        }

        header = new NoteHeader(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]));
        return true;
    }

    private static long Padded(uint size) => ((long)size + 3) & ~3L;
}
