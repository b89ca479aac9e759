namespace VmTools.Crash.Minidumps;

/// <summary>
/// Where the registers of a thread are in its context record: CONTEXT of winnt.h for x86 and x86-64. For arm64 Breakpad's older record
/// (MDRawContextARM64_Old), because LLDB reads no other. Registers stand in the order in which people read them.
/// </summary>
internal sealed record ContextLayout
{
    private const int FxSaveXmmAt = 160;
    private const int VectorSize = 16;

    private static readonly ContextLayout Amd64 = new()
    {
        Architecture = ProcessorArchitecture.Amd64,
        Size = 1232,
        Flags = new RegisterField("flags", 0x30, 4),
        AllFlags = 0x10000f,
        Registers =
        [
            new("rax", 0x78, 8), new("rbx", 0x90, 8), new("rcx", 0x80, 8), new("rdx", 0x88, 8), new("rsi", 0xa8, 8), new("rdi", 0xb0, 8),
            new("rbp", 0xa0, 8), new("rsp", 0x98, 8), .. RegisterField.Row(
                0xb8, 8, "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip"),
            new("eflags", 0x44, 4), new("cs", 0x38, 2), new("ss", 0x42, 2), new("ds", 0x3a, 2), new("es", 0x3c, 2), new("fs", 0x3e, 2),
            new("gs", 0x40, 2),
        ],
        StackPointer = "rsp",
        InstructionPointer = "rip",
        FloatingPointAt = 0x100,
        FloatingPointSize = 512,
        VectorsAt = 0x100 + FxSaveXmmAt,
        Vectors = Names("xmm", 16),
    };

    private static readonly ContextLayout X86 = new()
    {
        Architecture = ProcessorArchitecture.X86,
        Size = 716,
        Flags = new RegisterField("flags", 0, 4),
        AllFlags = 0x1002f,
        Registers =
        [
            new("eax", 0xb0, 4), new("ebx", 0xa4, 4), new("ecx", 0xac, 4), new("edx", 0xa8, 4), new("esi", 0xa0, 4), new("edi", 0x9c, 4),
            new("ebp", 0xb4, 4), new("esp", 0xc4, 4), new("eip", 0xb8, 4), new("eflags", 0xc0, 4), new("cs", 0xbc, 4), new("ss", 0xc8, 4),
            new("ds", 0x98, 4), new("es", 0x94, 4), new("fs", 0x90, 4), new("gs", 0x8c, 4),
        ],
        StackPointer = "esp",
        InstructionPointer = "eip",
        LegacyFloatingPointAt = 0x1c,
        FloatingPointAt = 0xcc,
        FloatingPointSize = 512,
        VectorsAt = 0xcc + FxSaveXmmAt,
        Vectors = Names("xmm", 8),
    };

    private static readonly ContextLayout Arm64 = new()
    {
        Architecture = ProcessorArchitecture.Arm64,
        Size = 796,
        Flags = new RegisterField("flags", 0, 8),
        AllFlags = 0x80000006,
        Registers = [.. RegisterField.Row(8, 8, [.. Names("x", 31), "sp", "pc"]), new("cpsr", 272, 4)],
        StackPointer = "sp",
        InstructionPointer = "pc",
        FloatingPointAt = 276,
        FloatingPointSize = 520,
        VectorsAt = 284,
        Vectors = Names("v", 32),
    };

    public required ProcessorArchitecture Architecture { get; init; }

    public required int Size { get; init; }

    /// <summary>Says what the record is and which of its parts are filled.</summary>
    public required RegisterField Flags { get; init; }

    public required ulong AllFlags { get; init; }

    public required IReadOnlyList<RegisterField> Registers { get; init; }

    public required string StackPointer { get; init; }

    public required string InstructionPointer { get; init; }

    /// <summary>x86: where FSAVE goes; 0 elsewhere.</summary>
    public int LegacyFloatingPointAt { get; init; }

    /// <summary>x86: FXSAVE as the processor writes it. arm64: FPSR, FPCR, V0 to V31.</summary>
    public required int FloatingPointAt { get; init; }

    public required int FloatingPointSize { get; init; }

    public required int VectorsAt { get; init; }

    public required IReadOnlyList<string> Vectors { get; init; }

    public static ContextLayout Of(ProcessorArchitecture architecture) => architecture switch
    {
        ProcessorArchitecture.Amd64 => Amd64,
        ProcessorArchitecture.X86 => X86,
        ProcessorArchitecture.Arm64 => Arm64,
        _ => throw new ArgumentOutOfRangeException(nameof(architecture), architecture, "No context is known for it."),
    };

    /// <summary>The record has at least <see cref="Size"/> bytes.</summary>
    public ReadOnlyMemory<byte> Vector(ReadOnlyMemory<byte> context, int index) =>
        context.Slice(VectorsAt + (index * VectorSize), VectorSize);

    private static string[] Names(string prefix, int count) => [.. Enumerable.Range(0, count).Select(number => $"{prefix}{number}")];
}
