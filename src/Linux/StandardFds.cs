using VmTools.Linux.Libc;

namespace VmTools.Linux;

/// <summary>
/// Descriptors 0 to 2 must be open: else the next file opened gets such a number, and whoever writes to standard error
/// writes into it.
/// </summary>
public static class StandardFds
{
    /// <summary>Opens each closed one on /dev/null. To be called before anything else opens a file.</summary>
    public static void MakeValid()
    {
        for (var fd = 0; fd <= 2; fd++)
        {
            if (Native.Fcntl(fd, Native.FcntlGetFdFlags, 0) == -1)
            {
                var opened = Syscall.Check(Native.Open("/dev/null", (int)OpenFlags.ReadWrite, 0), "open", "/dev/null");
                if (opened != fd)
                {
                    Syscall.Check(Native.Duplicate(opened, fd), "dup2");
                    _ = Native.Close(opened);
                }
            }
        }
    }

    /// <summary>Closes standard input: whoever writes into it is told, and what we read from now on is empty.</summary>
    public static void LeaveInput()
    {
        using var nothing = FdHandle.Open("/dev/null", OpenFlags.ReadOnly);
        Syscall.Check(Native.Duplicate((int)nothing.DangerousGetHandle(), 0), "dup2");
    }
}
