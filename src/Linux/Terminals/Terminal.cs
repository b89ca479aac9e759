using VmTools.Linux.Libc;

namespace VmTools.Linux.Terminals;

/// <summary>Questions about terminals, and taking one as our own (ioctl_tty(2)).</summary>
public static class Terminal
{
    /// <summary>Whether standard input (0), output (1) or error (2) is a terminal.</summary>
    public static bool IsTerminal(int standardFd) => Native.IsTerminal(standardFd) == 1;

    /// <summary>Null where it is no terminal or does not know its size.</summary>
    public static unsafe (ushort Rows, ushort Columns)? SizeOf(FdHandle terminal)
    {
        WindowSize size;
        return Native.Ioctl(terminal, Native.IoctlGetWindowSize, &size) == 0 && size is { Rows: > 0, Columns: > 0 }
            ? (size.Rows, size.Columns)
            : null;
    }

    /// <summary>The terminal that this session works at, wherever the standard streams go.</summary>
    public static FdHandle OpenControlling() =>
        FdHandle.Open("/dev/tty", OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal);

    /// <summary>Leads a new session, which has no terminal yet (setsid(2)).</summary>
    public static void LeadSession() => Syscall.Check(Native.NewSession(), "setsid");

    /// <summary>
    /// Makes a terminal that of our session, which we must lead; with <paramref name="steal"/> (root only) even one that
    /// belongs to another session.
    /// </summary>
    public static void TakeControlling(FdHandle terminal, bool steal) =>
        Syscall.Check(Native.Ioctl(terminal, Native.IoctlSetControllingTerminal, steal ? 1 : 0), "ioctl TIOCSCTTY");
}
