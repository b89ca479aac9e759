using System.Buffers.Binary;
using VmTools.Crash.Cores;
using VmTools.Unit.Crash.Fakes;
using Xunit;

namespace VmTools.Unit.Crash.Cores;

/// <summary>Notes while they pass by.</summary>
public sealed class NoteReaderTests
{
    private readonly CoreNotes _notes = new(CoreMachine.X64, maxThreads: 2);

    [Fact]
    public void What_is_not_wanted_is_passed_over()
    {
        var stream = Read([.. Note("OTHER", 1, new byte[300_001]), .. Note("CORE", 6, new byte[16])], out var size);

        Assert.Equal(size, stream.Position);
        Assert.Equal(16, _notes.AuxiliaryVector.Length);
        Assert.Empty(_notes.Problem);
    }

    [Theory]
    [InlineData(0, 0xffff_fff0U)]
    [InlineData(4, 0xffff_fff0U)]
    [InlineData(0, 100U)]
    [InlineData(4, 100_000U)]
    public void A_note_larger_than_its_segment_ends_the_reading(int at, uint size)
    {
        var note = Note("CORE", 6, new byte[16]);
        BinaryPrimitives.WriteUInt32LittleEndian(note.AsSpan(at), size);

        _ = Read([.. note, .. Note("CORE", 6, new byte[32])], out _);

        Assert.Equal("The core's notes do not hold together.", _notes.Problem);
        Assert.Empty(_notes.AuxiliaryVector);
    }

    [Fact]
    public void Threads_beyond_the_limit_are_counted()
    {
        var status = Note("CORE", 1, new byte[336]);

        _ = Read([.. status, .. status, .. status], out _);

        Assert.Equal((2, 3), (_notes.Threads.Count, _notes.ThreadCount));
    }

    [Fact]
    public void A_thread_with_too_few_registers_is_said()
    {
        _ = Read(Note("CORE", 1, new byte[144]), out _);

        Assert.Equal((0, "A thread of the core has too few registers."), (_notes.Threads.Count, _notes.Problem));
    }

    [Fact]
    public void The_first_note_of_files_counts()
    {
        var builder = new CoreBuilder(CoreMachine.X64);

        _ = Read(
            [
                .. Note("CORE", 0x46494c45, builder.FilesNote((1, 2, 0, "/a"), (2, 3, 1, "/a"), (3, 4, 0, "/b"))),
                .. Note("CORE", 0x46494c45, builder.FilesNote((1, 2, 0, "/c"))),
            ],
            out _);

        Assert.Equal([new FileMapping(1, 2, 0, "/a"), new(2, 3, 1, "/a"), new(3, 4, 0, "/b")], _notes.Files);
    }

    private static byte[] Note(string name, uint type, byte[] description)
    {
        var builder = new CoreBuilder(CoreMachine.X64);
        builder.AddNote(name, type, description);
        return builder.Build()[(64 + 56)..];
    }

    private CoreStream Read(byte[] segment, out long size)
    {
        size = segment.Length;
        var stream = new CoreStream(new MemoryStream([.. segment, .. new byte[64]]), TestContext.Current.CancellationToken);
        NoteReader.Read(stream, (ulong)segment.Length, _notes);
        return stream;
    }
}
