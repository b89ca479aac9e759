namespace VmTools.Crash.Cores;

/// <summary>Takes a segment of notes apart while it passes by: of each note only what is wanted is kept.</summary>
internal static class NoteReader
{
    private const int MaxName = 64;
    private const int Small = 4096;

    /// <summary>The segment begins at the stream's position. What comes after a note that cannot be is not believed.</summary>
    public static void Read(CoreStream stream, ulong size, CoreNotes notes)
    {
        var remaining = (long)size;
        var small = new byte[Small];
        Span<byte> head = stackalloc byte[NoteHeader.Size + MaxName];
        while (remaining >= NoteHeader.Size)
        {
            if (stream.Read(head[..NoteHeader.Size]) < NoteHeader.Size || !NoteHeader.TryRead(head, out var note))
            {
                return;
            }

            remaining -= NoteHeader.Size;
            var body = note.PaddedName + note.DescriptionSize;
            if (note.NameSize > MaxName || body > remaining)
            {
                notes.Problem = "The core's notes do not hold together.";
                return;
            }

            var name = head.Slice(NoteHeader.Size, (int)note.PaddedName);
            if (stream.Read(name) < name.Length)
            {
                return;
            }

            remaining -= note.PaddedName;
            var type = TypeOf(note, name);
            var wanted = (int)Math.Min(note.DescriptionSize, (uint)notes.WantedBytes(type));
            var into = wanted <= small.Length ? small.AsSpan(0, wanted) : new byte[wanted];
            var read = stream.Read(into);
            if (wanted > 0 && (read == wanted || type == CoreNoteType.Files))
            {
                notes.Add(type, into[..read]);
            }

            var rest = Math.Min(note.PaddedDescription, remaining) - read;
            if (!stream.Skip(rest))
            {
                return;
            }

            remaining -= read + rest;
        }
    }

    /// <summary>Numbers mean something only together with who gave them: "CORE" or, for what only Linux has, "LINUX".</summary>
    private static CoreNoteType TypeOf(NoteHeader note, ReadOnlySpan<byte> name)
    {
        var type = (CoreNoteType)note.Type;
        var isLinux = type is CoreNoteType.ExtendedState or CoreNoteType.FxSave;
        return name.StartsWith(isLinux ? "LINUX\0"u8 : "CORE\0"u8) && Enum.IsDefined(type) ? type : CoreNoteType.Other;
    }
}
