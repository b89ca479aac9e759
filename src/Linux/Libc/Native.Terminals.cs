using System.Runtime.InteropServices;

namespace VmTools.Linux.Libc;

internal static unsafe partial class Native
{
    public const nuint IoctlSetControllingTerminal = 0x540E;
    public const nuint IoctlGetForegroundGroup = 0x540F;
    public const nuint IoctlGetWindowSize = 0x5413;
    public const nuint IoctlSetWindowSize = 0x5414;
    public const nuint IoctlGetPtyNumber = 0x80045430;
    public const nuint IoctlSetPtyLock = 0x40045431;
    public const nuint IoctlKvmGetVersion = 0xAE00;
    public const nuint IoctlKvmCreateVm = 0xAE01;
    public const int TerminalSetAfterOutput = 1;

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(FdHandle fd, nuint request, void* argument);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(FdHandle fd, nuint request, nint argument);

    [LibraryImport(Library, EntryPoint = "isatty", SetLastError = true)]
    public static partial int IsTerminal(int fd);

    [LibraryImport(Library, EntryPoint = "tcgetattr", SetLastError = true)]
    public static partial int TerminalGet(FdHandle fd, TerminalSetting* setting);

    [LibraryImport(Library, EntryPoint = "tcsetattr", SetLastError = true)]
    public static partial int TerminalSet(FdHandle fd, int when, TerminalSetting* setting);

    [LibraryImport(Library, EntryPoint = "cfmakeraw")]
    public static partial void TerminalMakeRaw(TerminalSetting* setting);
}
