using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

internal static partial class Native
{
    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    /// <summary>Zero where there is none. What it points to is the C library's own.</summary>
    [LibraryImport(Library, EntryPoint = "getpwuid")]
    public static partial nint FindUser(uint uid);

    [LibraryImport(Library, EntryPoint = "getegid")]
    public static partial uint EffectiveGroupId();
}
