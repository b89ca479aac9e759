using System.Buffers.Binary;

namespace VmTools.Crash.Cores;

/// <summary>One segment of an ELF file (elf(5), Phdr).</summary>
internal readonly record struct ProgramHeader(uint Type, uint Flags, ulong Offset, ulong Address, ulong FileSize, ulong MemorySize)
{
    public const uint Load = 1;
    public const uint Note = 4;

    private const uint Executable = 1;
    private const uint Writable = 2;

    public bool IsExecutable => (Flags & Executable) != 0;

    public bool IsWritable => (Flags & Writable) != 0;

    /// <summary>End of the bytes that the file has; <see cref="IsSane"/> says that it does not wrap.</summary>
    public ulong FileEnd => Address + FileSize;

    public ulong MemoryEnd => Address + Math.Max(MemorySize, FileSize);

    /// <summary>Neither its addresses nor its place in the file wrap, and the file is one that can be.</summary>
    public bool IsSane =>
        Address + Math.Max(MemorySize, FileSize) >= Address && Offset <= long.MaxValue && FileSize <= long.MaxValue - Offset;

    public static int SizeOf(bool is64) => is64 ? 56 : 32;

    /// <summary>The bytes are at least <see cref="SizeOf"/>.</summary>
    public static ProgramHeader Read(ReadOnlySpan<byte> bytes, bool is64) => is64
        ? new ProgramHeader(Word(bytes, 0), Word(bytes, 4), Long(bytes, 8), Long(bytes, 16), Long(bytes, 32), Long(bytes, 40))
        : new ProgramHeader(Word(bytes, 0), Word(bytes, 24), Word(bytes, 4), Word(bytes, 8), Word(bytes, 16), Word(bytes, 20));

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong Long(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
