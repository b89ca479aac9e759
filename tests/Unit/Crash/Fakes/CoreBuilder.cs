using System.Buffers.Binary;
using System.Text;
using VmTools.Crash.Cores;

namespace VmTools.Unit.Crash.Fakes;

/// <summary>Makes cores as the kernel lays them out: headers, notes, memory by address. Everything has a good default.</summary>
internal sealed class CoreBuilder(CoreMachine machine)
{
    private readonly List<CoreSegment> _segments = [];
    private readonly List<byte[]> _notes = [];

    public bool Is64 => machine is not CoreMachine.X86;

    public int Word => Is64 ? 8 : 4;

    /// <summary>As many program headers as a header cannot say.</summary>
    public bool HidesNumber { get; set; }

    public bool NotesLast { get; set; }

    /// <summary>A process with one thread, a stack, a program with a build id, and the signal that it died of.</summary>
    public static CoreBuilder Crashed(CoreMachine machine = CoreMachine.X64, string program = "/bin/prog")
    {
        var builder = new CoreBuilder(machine);
        builder.AddThread(100, signal: 11, stack: 0x7000_0100, code: 0x40_1010);
        builder.AddNote("CORE", 3, builder.ProcessNote(100, "prog", "prog --option"));
        builder.AddNote("CORE", 0x53494749, builder.SignalNote(11, 1, 0xdead));
        builder.AddNote("CORE", 6, builder.Words(9, 0x40_1000, 0, 0));
        builder.AddNote("CORE", 0x46494c45, builder.FilesNote((0x40_0000, 0x40_1000, 0, program), (0x40_1000, 0x40_2000, 1, program)));
        builder.AddMemory(0x40_0000, builder.Image([0xab, 0xcd, 0xef, 0x01], span: 0x2000), flags: 4);
        builder.AddMemory(0x40_1000, [], flags: 5, size: 0x1000);
        builder.AddMemory(0x7000_0000, Pattern(0x2000), flags: 6);
        return builder;
    }

    /// <summary>Bytes that tell their own place.</summary>
    public static byte[] Pattern(int length)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)(i ^ (i >> 8));
        }

        return bytes;
    }

    public void AddNote(string name, uint type, byte[] description)
    {
        var bytes = new byte[12 + Padded(name.Length + 1) + Padded(description.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, name.Length + 1);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), description.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), type);
        Encoding.ASCII.GetBytes(name, bytes.AsSpan(12));
        description.CopyTo(bytes.AsSpan(12 + Padded(name.Length + 1)));
        _notes.Add(bytes);
    }

    /// <summary>NT_PRSTATUS whose registers have their own number, but for the two that matter.</summary>
    public void AddThread(int id, int signal, ulong stack, ulong code)
    {
        var (size, idAt, registersAt) = machine switch
        {
            CoreMachine.X64 => (336, 32, 112),
            CoreMachine.X86 => (144, 24, 72),
            _ => (392, 32, 112),
        };
        var note = new byte[size];
        BinaryPrimitives.WriteInt16LittleEndian(note.AsSpan(12), (short)signal);
        BinaryPrimitives.WriteInt32LittleEndian(note.AsSpan(idAt), id);
        var names = RegisterNotes.Fields(machine);
        for (var i = 0; i < names.Count; i++)
        {
            names[i].Write(note.AsSpan(registersAt), (ulong)i + 1);
        }

        RegisterNotes.StackPointer(machine).Write(note.AsSpan(registersAt), stack);
        RegisterNotes.InstructionPointer(machine).Write(note.AsSpan(registersAt), code);
        AddNote("CORE", 1, note);
    }

    public void AddMemory(ulong address, byte[] bytes, uint flags = 6, ulong? size = null) =>
        _segments.Add(new CoreSegment(address, bytes, flags, size ?? (ulong)bytes.Length));

    /// <summary>Mappings without bytes between the program and the stack, whose headers come before the stack's.</summary>
    public void AddMappingsBelowTheStack(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _segments.Insert(_segments.Count - 1, new CoreSegment(0x1000_0000UL + ((ulong)i * 0x400), [], 4, 0x400));
        }
    }

    public byte[] SignalNote(int number, int code, ulong address)
    {
        var note = new byte[128];
        BinaryPrimitives.WriteInt32LittleEndian(note, number);
        BinaryPrimitives.WriteInt32LittleEndian(note.AsSpan(8), code);
        WriteWord(note.AsSpan(Is64 ? 16 : 12), address);
        return note;
    }

    public byte[] ProcessNote(int pid, string name, string arguments)
    {
        var note = new byte[Is64 ? 136 : 124];
        var pidAt = Is64 ? 24 : 12;
        BinaryPrimitives.WriteInt32LittleEndian(note.AsSpan(pidAt), pid);
        Encoding.UTF8.GetBytes(name, note.AsSpan(pidAt + 16));
        Encoding.UTF8.GetBytes(arguments, note.AsSpan(pidAt + 32));
        return note;
    }

    public byte[] FilesNote(params (ulong Start, ulong End, ulong Page, string Name)[] files) =>
    [
        .. Words((ulong)files.Length, 4096),
        .. files.SelectMany(file => Words(file.Start, file.End, file.Page)),
        .. files.SelectMany(file => Encoding.UTF8.GetBytes(file.Name + "\0")),
    ];

    /// <summary>The first page of a program with two segments and a build id.</summary>
    public byte[] Image(byte[] buildId, ulong span, bool hasCode = true)
    {
        var page = new byte[4096];
        var (header, entry) = (Is64 ? 64 : 52, Is64 ? 56 : 32);
        byte[] note = [4, 0, 0, 0, (byte)buildId.Length, 0, 0, 0, 3, 0, 0, 0, (byte)'G', (byte)'N', (byte)'U', 0, .. buildId];
        WriteHeader(page, type: 3, entries: 2, header);
        WriteSegment(page.AsSpan(header), 1, 5, 0, 0, hasCode ? span : 0, span);
        WriteSegment(page.AsSpan(header + entry), 4, 4, 0x200, 0x200, (ulong)note.Length, (ulong)note.Length);
        note.CopyTo(page.AsSpan(0x200));
        return page;
    }

    public byte[] Words(params ulong[] values)
    {
        var bytes = new byte[values.Length * Word];
        for (var i = 0; i < values.Length; i++)
        {
            WriteWord(bytes.AsSpan(i * Word), values[i]);
        }

        return bytes;
    }

    public byte[] Build()
    {
        var notes = _notes.SelectMany(note => note).ToArray();
        var (header, entry) = (Is64 ? 64 : 52, Is64 ? 56 : 32);
        var count = _segments.Count + 1;
        var at = header + (count * entry);
        var memory = _segments.Sum(segment => segment.Bytes.Length);
        var bytes = new byte[at + notes.Length + memory];
        WriteHeader(bytes, type: 4, HidesNumber ? 0xffff : count, header);
        var (notesAt, memoryAt) = NotesLast ? (at + memory, at) : (at, at + notes.Length);
        WriteSegment(bytes.AsSpan(header), 4, 0, (ulong)notesAt, 0, (ulong)notes.Length, 0);
        notes.CopyTo(bytes.AsSpan(notesAt));
        foreach (var (segment, index) in _segments.Select((segment, index) => (segment, index)))
        {
            var place = bytes.AsSpan(header + ((index + 1) * entry));
            WriteSegment(place, 1, segment.Flags, (ulong)memoryAt, segment.Address, (ulong)segment.Bytes.Length, segment.Size);
            segment.Bytes.CopyTo(bytes.AsSpan(memoryAt));
            memoryAt += segment.Bytes.Length;
        }

        return bytes;
    }

    private static int Padded(int size) => (size + 3) & ~3;

    private void WriteWord(Span<byte> at, ulong value)
    {
        if (Is64)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(at, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(at, (uint)value);
        }
    }

    private void WriteHeader(Span<byte> at, ushort type, int entries, int tableAt)
    {
        "\u007fELF"u8.CopyTo(at);
        (at[4], at[5], at[6]) = (Is64 ? (byte)2 : (byte)1, 1, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(at[16..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(at[18..], machine switch { CoreMachine.X64 => 62, CoreMachine.X86 => 3, _ => 183 });
        WriteWord(at[(Is64 ? 32 : 28)..], (ulong)tableAt);
        BinaryPrimitives.WriteUInt16LittleEndian(at[(Is64 ? 54 : 42)..], (ushort)(Is64 ? 56 : 32));
        BinaryPrimitives.WriteUInt16LittleEndian(at[(Is64 ? 56 : 44)..], (ushort)entries);
    }

    private void WriteSegment(Span<byte> at, uint type, uint flags, ulong offset, ulong address, ulong fileSize, ulong size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(at, type);
        BinaryPrimitives.WriteUInt32LittleEndian(at[(Is64 ? 4 : 24)..], flags);
        WriteWord(at[(Is64 ? 8 : 4)..], offset);
        WriteWord(at[(Is64 ? 16 : 8)..], address);
        WriteWord(at[(Is64 ? 32 : 16)..], fileSize);
        WriteWord(at[(Is64 ? 40 : 20)..], size);
    }

    private sealed record CoreSegment(ulong Address, byte[] Bytes, uint Flags, ulong Size);
}
