using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>What waitid(2) puts into siginfo_t on a 64-bit machine.</summary>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct SignalInformation
{
    public const int Exited = 1;

    [FieldOffset(8)]
    public int Code;

    [FieldOffset(16)]
    public int Pid;

    [FieldOffset(24)]
    public int Status;
}
