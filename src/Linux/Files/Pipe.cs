using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>A one-way stream between two fds (pipe(7)); both ends are close-on-exec and block.</summary>
public static class Pipe
{
    public static unsafe (FdHandle Read, FdHandle Write) Create()
    {
        // SAFETY: the kernel writes two ints.
        var ends = stackalloc int[2];
        Syscall.Check(Native.Pipe(ends, Native.OpenCloexec), "pipe2");
        return (new FdHandle(ends[0]), new FdHandle(ends[1]));
    }

    /// <summary>
    /// Lets the pipe hold this many bytes instead of 64 KiB, so that reader and writer take turns less often. Where the kernel
    /// refuses, because the user holds too much already, it stays as it is.
    /// </summary>
    public static void TryEnlarge(FdHandle end, int bytes) => Native.Fcntl(end, Native.FcntlSetPipeSize, bytes);
}
