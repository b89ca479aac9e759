using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>struct sock_fprog of a 64-bit machine.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SeccompProgram
{
    public ushort Length;
    public SeccompInstruction* Instructions;
}
