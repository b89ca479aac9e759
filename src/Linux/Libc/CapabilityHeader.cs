using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>struct __user_cap_header_struct of version 3; pid 0 is the calling thread (capget(2)).</summary>
[StructLayout(LayoutKind.Sequential, Size = 8)]
internal struct CapabilityHeader
{
    public uint Version;
    public int Pid;
}
