using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>Whose a file is (chown(2)); needs root.</summary>
public static class Ownership
{
    /// <summary>A symbolic link is given itself, not what it points to.</summary>
    public static void Give(string path, uint uid, uint gid) => Syscall.Check(Native.ChangeOwner(path, uid, gid), "lchown", path);
}
