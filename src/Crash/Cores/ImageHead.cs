using System.Buffers.Binary;

namespace VmTools.Crash.Cores;

/// <summary>
/// What the first pages of a program or library say: how much of memory it spans and its build id (elf(5); the note NT_GNU_BUILD_ID of
/// "GNU").
/// </summary>
public sealed record ImageHead(byte[] BuildId, ulong Span)
{
    /// <summary>False of a debug file, which has what tells of the code and not the code.</summary>
    public bool HasCode { get; init; }

    /// <summary>A build id lies in the first page of nearly every file, and in the first few of the rest.</summary>
    public const int MaxBytes = 64 * 1024;

    private const uint BuildIdNote = 3;
    private const int MaxBuildId = 64;
    private const int MaxSegments = 64;

    /// <summary>
    /// False when the bytes do not begin an ELF file. The build id is empty when there is none, or it is not in these bytes.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ImageHead? head)
    {
        head = null;
        if (bytes.Length < ElfHeader.Size64 || !bytes.StartsWith(ElfHeader.Magic) || bytes[4] is not (1 or 2) || bytes[5] != 1)
        {
            return false;
        }

        var is64 = bytes[4] == 2;
        var at = is64 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]);
        var size = ProgramHeader.SizeOf(is64);
        var count = Math.Min((int)BinaryPrimitives.ReadUInt16LittleEndian(bytes[(is64 ? 56 : 44)..]), MaxSegments);
        var (lowest, highest) = (ulong.MaxValue, 0UL);
        byte[] buildId = [];
        var hasCode = false;
        for (var index = 0; index < count && at <= (ulong)(bytes.Length - size); index++, at += (ulong)size)
        {
            var segment = ProgramHeader.Read(bytes[(int)at..], is64);
            if (segment is { Type: ProgramHeader.Load, IsSane: true })
            {
                (lowest, highest) = (Math.Min(lowest, segment.Address), Math.Max(highest, segment.MemoryEnd));
                hasCode |= segment is { IsExecutable: true, FileSize: > 0 };
            }
            else if (segment is { Type: ProgramHeader.Note } && buildId.Length == 0 && segment.Offset < (ulong)bytes.Length)
            {
                buildId = FindBuildId(bytes[(int)segment.Offset..], segment.FileSize);
            }
        }

        head = new ImageHead(buildId, highest > lowest ? highest - (lowest & ~0xfffUL) : 0) { HasCode = hasCode };
        return true;
    }

    private static byte[] FindBuildId(ReadOnlySpan<byte> notes, ulong size)
    {
        notes = notes[..(int)Math.Min(size, (ulong)notes.Length)];
        while (NoteHeader.TryRead(notes, out var note))
        {
            var description = NoteHeader.Size + note.PaddedName;
            if (description > notes.Length || note.DescriptionSize > notes.Length - description)
            {
                break;
            }

            if (note is { Type: BuildIdNote, DescriptionSize: > 0 and <= MaxBuildId } && notes[NoteHeader.Size..].StartsWith("GNU\0"u8))
            {
                return notes.Slice((int)description, (int)note.DescriptionSize).ToArray();
            }

            notes = notes[(int)Math.Min(description + note.PaddedDescription, notes.Length)..];
        }

        return [];
    }
}
