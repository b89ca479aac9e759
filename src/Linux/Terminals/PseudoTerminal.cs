using VmTools.Linux.Libc;
using VmTools.Linux.ProcessControl;

namespace VmTools.Linux.Terminals;

/// <summary>A pair of ends (pty(7)): a program works at the slave as at a terminal, we are the screen and the keyboard.</summary>
public sealed class PseudoTerminal : IDisposable
{
    private PseudoTerminal(FdHandle master, string slavePath) => (Master, SlavePath) = (master, slavePath);

    /// <summary>Our end; it blocks until made non-blocking. A read answers EIO once no process has the slave open any more.</summary>
    public FdHandle Master { get; }

    /// <summary>What to give to <see cref="SpawnRequest.ControllingTerminal"/>.</summary>
    public string SlavePath { get; }

    /// <summary>The process group that typed characters such as Ctrl-C signal; 0 where there is none.</summary>
    public unsafe int ForegroundGroup
    {
        get
        {
            int group;
            return Native.Ioctl(Master, Native.IoctlGetForegroundGroup, &group) == -1 ? 0 : group;
        }
    }

    public static unsafe PseudoTerminal Open()
    {
        var master = FdHandle.Open("/dev/ptmx", OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal);
        try
        {
            int unlocked = 0, number;
            Syscall.Check(Native.Ioctl(master, Native.IoctlSetPtyLock, &unlocked), "ioctl TIOCSPTLCK");
            Syscall.Check(Native.Ioctl(master, Native.IoctlGetPtyNumber, &number), "ioctl TIOCGPTN");
            return new PseudoTerminal(master, $"/dev/pts/{number}");
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    /// <summary>Tells the program at the slave of its new size; the kernel sends it SIGWINCH.</summary>
    public unsafe void Resize(ushort rows, ushort columns)
    {
        var size = new WindowSize { Rows = rows, Columns = columns };
        Syscall.Check(Native.Ioctl(Master, Native.IoctlSetWindowSize, &size), "ioctl TIOCSWINSZ");
    }

    public void Dispose() => Master.Dispose();
}
