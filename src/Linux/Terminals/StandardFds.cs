using System.Text;
using VmTools.Linux.Libc;
using VmTools.Linux.Loop;

namespace VmTools.Linux.Terminals;

/// <summary>
/// Descriptors 0 to 2 must be open: else the next file opened gets such a number, and a program that writes to standard error
/// writes into it, or takes the runtime's /dev/urandom for its input.
/// </summary>
public static class StandardFds
{
    private const int Output = 1;
    private const int FirstOther = 3;

    /// <summary>A program that passes descriptors passes low numbers: the kernel gives the lowest that is free.</summary>
    private const int MostPassed = 1024;

    /// <summary>
    /// Opens each closed one on /dev/null. Input is empty then and errors go nowhere, but output that is closed stays output that
    /// cannot be written: it is opened for reading only. To be called before anything else in the program, which is early enough:
    /// the runtime opens what it keeps when managed code first asks for it.
    /// </summary>
    public static void MakeValid()
    {
        for (var fd = 0; fd <= 2; fd++)
        {
            if (Native.Fcntl(fd, Native.FcntlGetFdFlags, 0) == -1)
            {
                var flags = fd == Output ? OpenFlags.ReadOnly : OpenFlags.ReadWrite;
                var opened = Syscall.Check(Native.Open("/dev/null", (int)flags, 0), "open", "/dev/null");
                if (opened != fd)
                {
                    Syscall.Check(Native.Duplicate(opened, fd), "dup2");
                    _ = Native.Close(opened);
                }
            }
        }
    }

    /// <summary>
    /// Text for standard output (1) or standard error (2), as it is; what stopped it, or none. System.Console would prepare the
    /// terminal that it finds there for reading keys, and leave it so.
    /// </summary>
    public static async ValueTask<Errno> WriteAsync(int number, string text)
    {
        using var to = FdHandle.Standard(number);
        return await WriteAllAsync(to, Encoding.UTF8.GetBytes(text), CancellationToken.None);
    }

    /// <summary>Writes all of it, and waits where the file is full and was made non-blocking; what stopped it, or none.</summary>
    public static async ValueTask<Errno> WriteAllAsync(FdHandle fd, ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        while (!bytes.IsEmpty)
        {
            var outcome = Fd.TryWrite(fd, bytes.Span, out var count);
            bytes = bytes[count..];
            if (outcome == Errno.EAGAIN)
            {
                await Readiness.WaitAsync(fd, EpollEvents.Out, cancel);
            }
            else if (outcome != Errno.None)
            {
                return outcome;
            }
        }

        return Errno.None;
    }

    /// <summary>
    /// Closes every descriptor that a program of ours would inherit from us, but the standard three and <paramref name="wanted"/>: whoever
    /// started us passed it unasked. The runtime and we ourselves open all others close-on-exec.
    /// </summary>
    public static void CloseUnasked(params ReadOnlySpan<int> wanted)
    {
        for (var fd = FirstOther; fd < MostPassed; fd++)
        {
            var flags = Native.Fcntl(fd, Native.FcntlGetFdFlags, 0);
            if (flags >= 0 && (flags & Native.FdCloexec) == 0 && !wanted.Contains(fd))
            {
                _ = Native.Close(fd);
            }
        }
    }

    /// <summary>Closes standard input: the program that writes into it is told, and what we read from now on is empty.</summary>
    public static void LeaveInput()
    {
        using var nothing = FdHandle.Open("/dev/null", OpenFlags.ReadOnly);
        Syscall.Check(Native.Duplicate((int)nothing.DangerousGetHandle(), 0), "dup2");
    }
}
