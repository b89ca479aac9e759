using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

internal static partial class Native
{
    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();

    [LibraryImport(Library, EntryPoint = "getuid")]
    public static partial uint RealUserId();

    [LibraryImport(Library, EntryPoint = "getegid")]
    public static partial uint EffectiveGroupId();
}
