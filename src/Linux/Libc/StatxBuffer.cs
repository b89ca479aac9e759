using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>The head of struct statx (statx(2)); the kernel fills 256 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatxBuffer
{
    [FieldOffset(20)]
    public uint Uid;

    [FieldOffset(24)]
    public uint Gid;

    [FieldOffset(28)]
    public ushort Mode;

    [FieldOffset(32)]
    public ulong Inode;

    [FieldOffset(40)]
    public ulong Size;

    /// <summary>In units of 512 bytes, whatever the file system's own are.</summary>
    [FieldOffset(48)]
    public ulong Blocks;
}
