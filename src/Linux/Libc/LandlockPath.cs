using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>struct landlock_path_beneath_attr, which is packed: what is allowed for a file, or for all below a directory.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = 12)]
internal struct LandlockPath
{
    public ulong Allowed;
    public int Fd;
}
