using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>struct cmsghdr (cmsg(3)) of a 64-bit machine; what it carries follows at once and is padded to eight bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHeader
{
    public nuint Length;
    public int Level;
    public int Type;
}
