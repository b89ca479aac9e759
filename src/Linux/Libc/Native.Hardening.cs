using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

internal static partial class Native
{
    public const int ProcessSetDumpable = 4;
    public const int ProcessSetSubreaper = 36;
    public const int ProcessNoNewPrivileges = 38;
    public const nint SeccompSetFilter = 1;
    public const nint SeccompSynchronizeThreads = 1;
    public const uint SeccompAllow = 0x7fff0000;
    public const ushort FilterReturn = 0x06;

    public static nint CallSeccomp => Kernel.IsArm64 ? 277 : 317;

    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    public static partial int ProcessControl(int option, nint second, nint third, nint fourth, nint fifth);
}
