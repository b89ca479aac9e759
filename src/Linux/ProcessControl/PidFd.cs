using VmTools.Linux.Libc;

namespace VmTools.Linux.ProcessControl;

/// <summary>An fd that stands for one process and becomes readable when it ends (pidfd_open(2)).</summary>
internal static class PidFd
{
    public static Errno TryOpen(int pid, out FdHandle? handle)
    {
        var fd = Native.Call(Native.CallPidFdOpen, pid, 0, 0);
        handle = fd == -1 ? null : new FdHandle((int)fd);
        return Syscall.Outcome(fd);
    }

    /// <summary>Signals the process, never a successor of its number; one that has ended already is left in peace.</summary>
    public static void Signal(FdHandle process, Signal signal)
    {
        try
        {
            if (Native.Call(Native.CallPidFdSendSignal, process, (nint)signal, 0, 0) == -1 && Syscall.LastError != Errno.ESRCH)
            {
                throw new LinuxException(Syscall.LastError, $"signal {signal}");
            }
        }
        catch (ObjectDisposedException)
        {
            // Reaped meanwhile: the handle is closed with the exit.
        }
    }
}
