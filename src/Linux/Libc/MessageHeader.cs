using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>struct msghdr (recvmsg(2)) of a 64-bit machine.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHeader
{
    public void* Name;
    public uint NameLength;
    public IoVector* Vectors;
    public nuint VectorCount;
    public void* Control;
    public nuint ControlLength;
    public int Flags;
}
