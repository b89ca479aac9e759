namespace VmTools.Crash.Cores;

/// <summary>One thread of a core, its registers as the notes have them.</summary>
internal sealed class CoreThread(CoreMachine machine, int id, int signal, byte[] general)
{
    /// <summary>In the pid name space of the process.</summary>
    public int Id { get; } = id;

    /// <summary>The signal that it was about to take; of the thread that crashed, the one that killed the process.</summary>
    public int Signal { get; } = signal;

    /// <summary>x86: the 512 bytes of FXSAVE; arm64: V0 to V31, FPSR, FPCR. Null when the core has none.</summary>
    public byte[]? FloatingPoint { get; set; }

    /// <summary>32-bit x86 only: the 108 bytes of FSAVE.</summary>
    public byte[]? LegacyFloatingPoint { get; set; }

    /// <summary>x86: the upper halves of YMM0 to YMM15; null when they are all zero or the core has none.</summary>
    public byte[]? UpperVectors { get; set; }

    public ulong StackPointer => Value(RegisterNotes.StackPointer(machine));

    public ulong InstructionPointer => Value(RegisterNotes.InstructionPointer(machine));

    /// <summary>All general registers with their names.</summary>
    public IEnumerable<(string Name, ulong Value)> Registers =>
        RegisterNotes.Fields(machine).Select(register => (register.Name, register.Read(general)));

    private ulong Value(RegisterField field) => field.Read(general);
}
