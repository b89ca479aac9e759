namespace VmTools.Crash.Minidumps;

/// <summary>PROCESSOR_ARCHITECTURE_… of winnt.h; the one for arm64 is Breakpad's, with the context of Breakpad that goes with it.</summary>
public enum ProcessorArchitecture
{
    X86 = 0,
    Amd64 = 9,
    Arm64 = 0x8003,
}
