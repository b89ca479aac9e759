using VmTools.Linux.Libc;

namespace VmTools.Linux.Memory;

/// <summary>Memory as a file without a name, to be mapped or passed on (memfd_create(2)).</summary>
public static class MemFd
{
    /// <summary>A file of zeroes. With <paramref name="sealShrink"/> no process can make it smaller, so no mapping can fault.</summary>
    public static FdHandle Create(string name, long size, bool sealShrink)
    {
        var flags = Native.MemFdCloexec | Native.MemFdAllowSealing;
        var fd = new FdHandle(Syscall.Check(Native.MemFdCreate(name, flags), "memfd_create"));
        try
        {
            Syscall.Check(Native.Truncate(fd, size), "ftruncate");
            if (sealShrink)
            {
                Syscall.Check(Native.Fcntl(fd, Native.FcntlAddSeals, (int)SealFlags.Shrink), "fcntl F_ADD_SEALS");
            }

            return fd;
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>A file of zeroes that stays as long as it is: who writes beyond its end gets an error.</summary>
    public static FdHandle CreateFixed(string name, long size)
    {
        var fd = Create(name, size, sealShrink: true);
        try
        {
            Syscall.Check(Native.Fcntl(fd, Native.FcntlAddSeals, (int)SealFlags.Grow), "fcntl F_ADD_SEALS");
            return fd;
        }
        catch
        {
            fd.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A copy of a file in memory, which a process with the descriptor may open anew for reading, whatever the file's own mode.
    /// </summary>
    public static FdHandle CopyOf(FdHandle file, long size)
    {
        var copy = Create("copy", size, sealShrink: true);
        try
        {
            var buffer = new byte[1 << 20];
            for (long at = 0; at < size;)
            {
                Syscall.Check(Fd.TryReadAt(file, buffer, at, out var count), "read");
                if (count == 0)
                {
                    break;
                }

                Syscall.Check(Fd.TryWriteAt(copy, buffer.AsSpan(0, count), at, out var written), "write");
                at += written;
            }

            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    /// <summary>The seals of a memfd; none for anything that cannot be sealed.</summary>
    public static SealFlags SealsOf(FdHandle fd)
    {
        var seals = Native.Fcntl(fd, Native.FcntlGetSeals, 0);
        return seals == -1 ? SealFlags.None : (SealFlags)seals;
    }
}
