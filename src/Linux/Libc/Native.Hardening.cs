using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

internal static partial class Native
{
    public const int ProcessSetDumpable = 4;
    public const int ProcessSetSubreaper = 36;
    public const int ProcessReadBounding = 23;
    public const int ProcessDropBounding = 24;
    public const int ProcessNoNewPrivileges = 38;
    public const int ProcessReadNoNewPrivileges = 39;
    public const int ProcessAmbient = 47;
    public const nint AmbientClearAll = 4;
    public const uint CapabilityVersion = 0x20080522;
    public const nint SeccompSetFilter = 1;
    public const nint SeccompSynchronizeThreads = 1;
    public const nint SeccompActionAvailable = 2;
    public const uint SeccompAllow = 0x7fff0000;
    public const uint SeccompErrno = 0x00050000;
    public const uint SeccompKillProcess = 0x80000000;
    public const ushort FilterReturn = 0x06;
    public const ushort FilterLoad = 0x20;
    public const ushort FilterAnd = 0x54;
    public const ushort FilterJumpIfEqual = 0x15;
    public const ushort FilterJumpIfAtLeast = 0x35;
    public const uint AuditArchitectureX64 = 0xC000003E;
    public const uint AuditArchitectureArm64 = 0xC00000B7;

    /// <summary>__X32_SYSCALL_BIT: the same processor's calls with 32-bit pointers come under numbers from here on.</summary>
    public const uint X32Calls = 0x40000000;

    public static nint CallCapGet => Kernel.IsArm64 ? 90 : 125;

    public static nint CallCapSet => Kernel.IsArm64 ? 91 : 126;

    public static nint CallSeccomp => Kernel.IsArm64 ? 277 : 317;

    [LibraryImport(Library, EntryPoint = "prctl", SetLastError = true)]
    public static partial int ProcessControl(int option, nint second, nint third, nint fourth, nint fifth);
}
