using System.Buffers.Binary;
using System.Text;

namespace VmTools.Crash.Cores;

/// <summary>
/// NT_FILE (core(5)): the number of mappings, the page size, then start, end and offset of each mapping, then the names in the same
/// order, each with a zero behind it. All numbers have the machine's word size.
/// </summary>
internal static class FileMappingNote
{
    /// <summary>The kernel writes no longer one.</summary>
    public const int MaxSize = 4 * 1024 * 1024;

    private const int MaxName = 4096;
    private const int WordsBefore = 2;
    private const int WordsEach = 3;

    /// <summary>As many mappings as the note truly has; a file that is mapped in several pieces has its name once in memory.</summary>
    public static List<FileMapping> Read(ReadOnlySpan<byte> note, bool is64)
    {
        var mappings = new List<FileMapping>();
        var word = is64 ? 8 : 4;
        if (note.Length < WordsBefore * word)
        {
            return mappings;
        }

        var count = (int)Math.Min(Word(note, 0, word), (ulong)((note.Length / word) - WordsBefore) / WordsEach);
        var names = note[((WordsBefore + (count * WordsEach)) * word)..];
        for (var index = 0; index < count; index++)
        {
            var end = names.IndexOf((byte)0);
            if (end < 0)
            {
                break;
            }

            var at = WordsBefore + (index * WordsEach);
            var name = SameOrNew(names[..Math.Min(end, MaxName)], mappings);
            names = names[(end + 1)..];
            mappings.Add(new FileMapping(Word(note, at, word), Word(note, at + 1, word), Word(note, at + 2, word), name));
        }

        return mappings;
    }

    private static string SameOrNew(ReadOnlySpan<byte> name, List<FileMapping> before)
    {
        var text = Encoding.UTF8.GetString(name);
        return before.Count > 0 && before[^1].File == text ? before[^1].File : text;
    }

    private static ulong Word(ReadOnlySpan<byte> note, int index, int size) => size == 8
        ? BinaryPrimitives.ReadUInt64LittleEndian(note[(index * size)..])
        : BinaryPrimitives.ReadUInt32LittleEndian(note[(index * size)..]);
}
