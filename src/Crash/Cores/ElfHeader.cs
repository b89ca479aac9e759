using System.Buffers.Binary;

namespace VmTools.Crash.Cores;

/// <summary>The header of an ELF core: what it is and where its program headers are (elf(5); System V ABI, "ELF Header").</summary>
internal readonly record struct ElfHeader(CoreMachine Machine, long ProgramHeadersAt, int ProgramHeaderSize, int ProgramHeaders)
{
    public const int Size64 = 64;
    public const int Size32 = 52;

    /// <summary>The number does not fit: it is in the first section header, which a core has at its very end (elf(5), e_phnum).</summary>
    public const int TooManyToSay = 0xffff;

    private const int Core = 4;
    private const int Machine386 = 3;
    private const int MachineX64 = 62;
    private const int MachineArm64 = 183;

    public bool Is64 => Machine is not CoreMachine.X86;

    public int Size => Is64 ? Size64 : Size32;

    public static ReadOnlySpan<byte> Magic => "\u007fELF"u8;

    /// <summary>False with a sentence on what the bytes are instead.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ElfHeader header, out string problem)
    {
        header = default;
        if (bytes.Length < Size32 || !bytes.StartsWith(Magic) || (bytes[4] == 2 && bytes.Length < Size64))
        {
            problem = bytes.IsEmpty ? "There is no core: not one byte came." : "These bytes are not an ELF file.";
            return false;
        }

        var (elfClass, byteOrder) = (bytes[4], bytes[5]);
        var type = BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]);
        if (byteOrder != 1 || type != Core)
        {
            problem = byteOrder != 1 ? "The core is of a big-endian machine." : $"The ELF file is no core; its type is {type}.";
            return false;
        }

        CoreMachine? machine = (elfClass, BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..])) switch
        {
            (2, MachineX64) => CoreMachine.X64,
            (1, Machine386) => CoreMachine.X86,
            (2, MachineArm64) => CoreMachine.Arm64,
            _ => null,
        };
        if (machine is not { } known)
        {
            var number = BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]);
            problem = $"Cores of ELF class {elfClass} and machine {number} are not understood.";
            return false;
        }

        problem = "";
        header = elfClass == 2
            ? new ElfHeader(
                known,
                (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]), long.MaxValue),
                Short(bytes, 54),
                Short(bytes, 56))
            : new ElfHeader(known, BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]), Short(bytes, 42), Short(bytes, 44));
        return true;
    }

    private static int Short(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
}
