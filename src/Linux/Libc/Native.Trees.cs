using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>Calls that make and change the entries of directories. Names are bytes that end with a zero: they need be no UTF-8.</summary>
internal static unsafe partial class Native
{
    /// <summary>tv_nsec of a time that is to stay as it is.</summary>
    public const long TimeOmitted = (1L << 30) - 2;

    public static nint CallGetDirectoryEntries => Kernel.IsArm64 ? 61 : 217;

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true)]
    public static partial int Open(byte* path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "mkdir", SetLastError = true)]
    public static partial int MakeDirectory(byte* path, uint mode);

    [LibraryImport(Library, EntryPoint = "mkfifo", SetLastError = true)]
    public static partial int MakeFifo(byte* path, uint mode);

    [LibraryImport(Library, EntryPoint = "symlink", SetLastError = true)]
    public static partial int MakeSymbolicLink(byte* target, byte* path);

    [LibraryImport(Library, EntryPoint = "link", SetLastError = true)]
    public static partial int MakeHardLink(byte* existing, byte* path);

    [LibraryImport(Library, EntryPoint = "unlink", SetLastError = true)]
    public static partial int Unlink(byte* path);

    [LibraryImport(Library, EntryPoint = "rmdir", SetLastError = true)]
    public static partial int RemoveDirectory(byte* path);

    [LibraryImport(Library, EntryPoint = "lchown", SetLastError = true)]
    public static partial int ChangeOwner(byte* path, uint uid, uint gid);

    [LibraryImport(Library, EntryPoint = "chmod", SetLastError = true)]
    public static partial int ChangeMode(byte* path, uint mode);

    [LibraryImport(Library, EntryPoint = "lsetxattr", SetLastError = true)]
    public static partial int SetAttribute(byte* path, byte* name, byte* value, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SynchronizeFileSystem(FdHandle file);

    /// <summary>Two struct timespec: of the last access and of the last change.</summary>
    [LibraryImport(Library, EntryPoint = "utimensat", SetLastError = true)]
    public static partial int SetTimes(int directory, byte* path, long* times, int flags);
}
