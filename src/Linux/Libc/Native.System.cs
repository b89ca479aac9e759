using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

internal static unsafe partial class Native
{
    public const int RebootPowerOff = 0x4321FEDC;
    public const int RebootRestart = 0x01234567;
    public const int ClockRealtime = 0;
    public const int ResourceProcesses = 6;
    public const int ResourceOpenFiles = 7;
    public const int ResourceLockedMemory = 8;
    public const nint LoopClearFd = 0x4C01;

    public static nint CallFinitModule => Kernel.IsArm64 ? 273 : 313;

    [LibraryImport(Library, EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string source, string target, string type, nuint flags, string? options);

    [LibraryImport(Library, EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    [LibraryImport(Library, EntryPoint = "chdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeDirectory(string path);

    [LibraryImport(Library, EntryPoint = "chroot", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeRoot(string path);

    [LibraryImport(Library, EntryPoint = "reboot", SetLastError = true)]
    public static partial int Reboot(int command);

    [LibraryImport(Library, EntryPoint = "setsid", SetLastError = true)]
    public static partial int NewSession();

    [LibraryImport(Library, EntryPoint = "sync")]
    public static partial void Sync();

    [LibraryImport(Library, EntryPoint = "uname", SetLastError = true)]
    public static partial int Uname(byte* names);

    [LibraryImport(Library, EntryPoint = "clock_settime", SetLastError = true)]
    public static partial int SetClock(int clock, long* time);

    [LibraryImport(Library, EntryPoint = "sethostname", SetLastError = true)]
    public static partial int SetHostname(byte* name, nuint length);

    [LibraryImport(Library, EntryPoint = "setrlimit", SetLastError = true)]
    public static partial int SetLimit(int resource, ulong* softAndHard);

    [LibraryImport(Library, EntryPoint = "dup2", SetLastError = true)]
    public static partial int Duplicate(int from, int to);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int DeviceControl(FdHandle fd, nuint request, void* argument);

    [LibraryImport(Library, EntryPoint = "alarm")]
    public static partial uint Alarm(uint seconds);
}
