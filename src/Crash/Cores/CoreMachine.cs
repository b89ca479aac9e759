namespace VmTools.Crash.Cores;

/// <summary>The architectures whose cores are understood.</summary>
internal enum CoreMachine
{
    X64,
    X86,
    Arm64,
}
