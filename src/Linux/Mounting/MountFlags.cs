namespace VmTools.Linux.Mounting;

/// <summary>How to mount (mount(2)); the kernel's numbers.</summary>
[Flags]
public enum MountFlags : ulong
{
    None = 0,
    ReadOnly = 0x1,
    NoSuid = 0x2,
    NoDev = 0x4,
    NoExec = 0x8,
    Synchronous = 0x10,
    Remount = 0x20,
    NoAccessTimes = 0x400,
    Bind = 0x1000,
    Move = 0x2000,
    Recursive = 0x4000,
    Private = 0x40000,
    Slave = 0x80000,
    Shared = 0x100000,
    RelativeAccessTimes = 0x200000,
}
