using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

/// <summary>
/// Calls made past the C library, which has no function for them or, for the credentials, one that does too much. syscall(2)
/// is variadic; with integer arguments that makes no difference on x86-64 and arm64 Linux.
/// </summary>
internal static unsafe partial class Native
{
    public const nint CallPidFdSendSignal = 424;
    public const nint CallPidFdOpen = 434;
    public const nint CallOpenAt2 = 437;
    public const ulong ResolveNoMagicLinks = 0x02;
    public const ulong ResolveInRoot = 0x10;

    public static nint CallPivotRoot => Kernel.IsArm64 ? 41 : 155;

    public static nint CallSetGroups => Kernel.IsArm64 ? 159 : 116;

    public static nint CallSetGroupIds => Kernel.IsArm64 ? 149 : 119;

    public static nint CallSetUserIds => Kernel.IsArm64 ? 147 : 117;

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint Call(nint number, nint first, nint second, nint third);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    public static partial nint Call(nint number, FdHandle first, nint second, nint third, nint fourth);
}
