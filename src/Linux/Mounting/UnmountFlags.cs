namespace VmTools.Linux.Mounting;

/// <summary>How to unmount (umount2(2)).</summary>
[Flags]
public enum UnmountFlags
{
    None = 0,
    Force = 1,
    Detach = 2,
    NoFollow = 8,
}
