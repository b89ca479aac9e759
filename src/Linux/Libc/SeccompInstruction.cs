using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>struct sock_filter: one instruction of a packet filter, which seccomp(2) filters are written in.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SeccompInstruction
{
    public ushort Code;
    public byte JumpIfTrue;
    public byte JumpIfFalse;
    public uint Value;
}
