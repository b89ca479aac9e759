namespace VmTools.Crash.Cores;

/// <summary>The notes of a core that are of use here; numbers of linux/elf.h (NT_…).</summary>
internal enum CoreNoteType : uint
{
    Other = 0,
    Status = 1,
    FloatingPoint = 2,
    Process = 3,
    AuxiliaryVector = 6,
    ExtendedState = 0x202,
    FxSave = 0x46e62b7f,
    Files = 0x46494c45,
    Signal = 0x53494749,
}
