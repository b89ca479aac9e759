using System.Buffers.Binary;

namespace VmTools.Crash.Cores;

/// <summary>
/// What NT_PRSTATUS has in it for each architecture: struct elf_prstatus of linux/elfcore.h, whose last part are the registers in the
/// order of struct user_regs_struct (sys/user.h).
/// </summary>
internal static class RegisterNotes
{
    private const int SignalAt = 12;

    private static readonly RegisterField[] X64 = RegisterField.Row(
        0, 8, "r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi", "orig_rax",
            "rip", "cs",
        "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs");

    private static readonly RegisterField[] X86 = RegisterField.Row(
        0, 4, "ebx", "ecx", "edx", "esi", "edi", "ebp", "eax", "ds", "es", "fs", "gs", "orig_eax", "eip", "cs", "eflags", "esp", "ss");

    private static readonly RegisterField[] Arm64 = RegisterField.Row(
        0, 8, [.. Enumerable.Range(0, 31).Select(number => $"x{number}"), "sp", "pc", "cpsr"]);

    public static IReadOnlyList<RegisterField> Fields(CoreMachine machine) => machine switch
    {
        CoreMachine.X64 => X64,
        CoreMachine.X86 => X86,
        CoreMachine.Arm64 => Arm64,
        _ => throw new ArgumentOutOfRangeException(nameof(machine), machine, "A machine without registers."),
    };

    public static RegisterField StackPointer(CoreMachine machine) => Fields(machine).First(field => field.Name is "rsp" or "esp" or "sp");

    public static RegisterField InstructionPointer(CoreMachine machine) =>
        Fields(machine).First(field => field.Name is "rip" or "eip" or "pc");

    /// <summary>Bytes below the stack pointer that a function may use all the same (System V ABI for x86-64, "red zone").</summary>
    public static ulong RedZone(CoreMachine machine) => machine is CoreMachine.X64 ? 128UL : 0;

    public static bool TryRead(CoreMachine machine, ReadOnlySpan<byte> status, out CoreThread? thread)
    {
        var (idAt, registersAt) = machine is CoreMachine.X86 ? (24, 72) : (32, 112);
        var size = Fields(machine)[^1].End;
        if (status.Length < registersAt + size)
        {
            thread = null;
            return false;
        }

        thread = new CoreThread(
            machine,
            BinaryPrimitives.ReadInt32LittleEndian(status[idAt..]),
            BinaryPrimitives.ReadInt16LittleEndian(status[SignalAt..]),
            status.Slice(registersAt, size).ToArray());
        return true;
    }
}
