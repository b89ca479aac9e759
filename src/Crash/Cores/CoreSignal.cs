using System.Buffers.Binary;

namespace VmTools.Crash.Cores;

/// <summary>The signal that ended the process: the head of siginfo_t, as NT_SIGINFO has it (sigaction(2); core(5)).</summary>
internal readonly record struct CoreSignal(int Number, int Code, ulong Address)
{
    private const int Size32 = 16;
    private const int Size64 = 24;

    /// <summary>SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV and SIGSYS say where, when the kernel sends them and not a process.</summary>
    public bool HasAddress => Code > 0 && Number is 4 or 5 or 7 or 8 or 11 or 31;

    public static bool TryRead(ReadOnlySpan<byte> information, bool is64, out CoreSignal signal)
    {
        signal = default;
        if (information.Length < (is64 ? Size64 : Size32))
        {
            return false;
        }

        signal = new CoreSignal(
            BinaryPrimitives.ReadInt32LittleEndian(information),
            BinaryPrimitives.ReadInt32LittleEndian(information[8..]),
            is64 ? BinaryPrimitives.ReadUInt64LittleEndian(information[16..]) : BinaryPrimitives.ReadUInt32LittleEndian(information[12..]));
        return true;
    }
}
