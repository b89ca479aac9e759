using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>Renames that the runtime does not offer.</summary>
public static class Renaming
{
    /// <summary>Two files or directories of one file system take each other's place in one step (renameat2(2)).</summary>
    public static void Exchange(string one, string other) => Syscall.Check(
        Native.Rename(Native.AtCurrentDirectory, one, Native.AtCurrentDirectory, other, Native.RenameExchange), "renameat2", other);
}
