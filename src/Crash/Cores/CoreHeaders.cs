namespace VmTools.Crash.Cores;

/// <summary>The head of a core: what machine it is of, and its segments.</summary>
internal sealed class CoreHeaders
{
    /// <summary>
    /// Sixty-four times as many mappings as the kernel lets a process have by default (vm.max_map_count). They take 40 bytes each here, a
    /// fraction of what the kernel has for each of them while the process waits.
    /// </summary>
    public const int MaxSegments = 4 * 1024 * 1024;

    private const int MaxHeaderSize = 256;

    private readonly List<ProgramHeader> _notes = [];
    private readonly List<ProgramHeader> _loads = [];

    private CoreHeaders(CoreMachine machine) => Machine = machine;

    public CoreMachine Machine { get; }

    /// <summary>Notes and loads that have bytes in the core, in the order in which these pass by.</summary>
    public IEnumerable<ProgramHeader> InFileOrder => Merged().Where(segment => segment.FileSize > 0);

    /// <summary>Loads by address, those without bytes too.</summary>
    public LoadTable Loads { get; private set; } = new([]);

    /// <summary>Where the last segment ends.</summary>
    public long End { get; private set; }

    /// <summary>Empty, or what is wrong with the headers.</summary>
    public string Problem { get; private set; } = "";

    /// <summary>The core ended before its last program header.</summary>
    public bool IsCutShort { get; private set; }

    /// <summary>False, with a sentence, for what is no core. A core with bad program headers is one without segments.</summary>
    public static bool TryRead(CoreStream stream, out CoreHeaders? headers, out string problem)
    {
        headers = null;
        Span<byte> head = stackalloc byte[ElfHeader.Size64];
        var read = stream.Read(head[..ElfHeader.Size32]);
        if (read == ElfHeader.Size32 && head[4] == 2)
        {
            read += stream.Read(head[read..]);
        }

        if (!ElfHeader.TryRead(head[..read], out var elf, out problem))
        {
            return false;
        }

        headers = new CoreHeaders(elf.Machine);
        headers.ReadSegments(stream, elf);
        SortByOffset(headers._notes);
        SortByOffset(headers._loads);
        headers.Loads = new LoadTable(headers._loads);
        return true;
    }

    private void ReadSegments(CoreStream stream, ElfHeader elf)
    {
        var size = elf.ProgramHeaderSize;
        if (size < ProgramHeader.SizeOf(elf.Is64) || size > MaxHeaderSize || elf.ProgramHeadersAt < elf.Size)
        {
            Problem = "The core's program headers are not where its header says.";
            return;
        }

        Span<byte> header = stackalloc byte[MaxHeaderSize];
        header = header[..size];
        _ = stream.Skip(elf.ProgramHeadersAt - stream.Position);
        var firstContent = long.MaxValue;
        for (var index = 0; elf.ProgramHeaders == ElfHeader.TooManyToSay || index < elf.ProgramHeaders; index++)
        {
            // Contents begin behind the program headers: that tells their number where the header cannot.
            if (stream.Position + size > firstContent || index == MaxSegments)
            {
                Problem = index == MaxSegments ? $"The core has more than {MaxSegments} segments; the others were not looked at." : Problem;
                return;
            }

            if (stream.Read(header) < size)
            {
                IsCutShort = true;
                return;
            }

            var segment = ProgramHeader.Read(header, elf.Is64);
            Add(segment);
            firstContent = segment is { FileSize: > 0, IsSane: true } && (long)segment.Offset >= stream.Position
                ? Math.Min(firstContent, (long)segment.Offset)
                : firstContent;
        }
    }

    private void Add(ProgramHeader segment)
    {
        if (segment.Type is not (ProgramHeader.Load or ProgramHeader.Note))
        {
            return;
        }

        if (!segment.IsSane)
        {
            Problem = "Segments of the core lie where nothing can.";
            return;
        }

        (segment.Type == ProgramHeader.Load ? _loads : _notes).Add(segment);
        if (segment.FileSize > 0)
        {
            End = Math.Max(End, (long)(segment.Offset + segment.FileSize));
        }
    }

    /// <summary>Notes and loads by their place in the core; both lists are in this order already.</summary>
    private IEnumerable<ProgramHeader> Merged()
    {
        var note = 0;
        foreach (var load in _loads)
        {
            for (; note < _notes.Count && _notes[note].Offset <= load.Offset; note++)
            {
                yield return _notes[note];
            }

            yield return load;
        }

        for (; note < _notes.Count; note++)
        {
            yield return _notes[note];
        }
    }

    /// <summary>The kernel writes them in this order, so that a million of them costs one look.</summary>
    private static void SortByOffset(List<ProgramHeader> segments)
    {
        for (var index = 1; index < segments.Count; index++)
        {
            if (segments[index].Offset < segments[index - 1].Offset)
            {
                segments.Sort((one, other) => one.Offset.CompareTo(other.Offset));
                return;
            }
        }
    }
}
