using VmTools.Linux.Libc;

namespace VmTools.Linux;

/// <summary>Reading, writing and asking about any fd. The data path returns an <see cref="Errno"/>, never an exception.</summary>
public static class Fd
{
    /// <summary>Zero bytes and no error mean the end of the stream.</summary>
    public static unsafe Errno TryRead(FdHandle fd, Span<byte> buffer, out int count)
    {
        nint result;
        do
        {
            // SAFETY: the span is pinned for the call and its own length is the limit.
            fixed (byte* start = buffer)
            {
                result = Native.Read(fd, start, (nuint)buffer.Length);
            }
        }
        while (Syscall.Interrupted(result));

        count = (int)Math.Max(result, 0);
        return Syscall.Outcome(result);
    }

    public static unsafe Errno TryWrite(FdHandle fd, ReadOnlySpan<byte> bytes, out int count)
    {
        nint result;
        do
        {
            // SAFETY: the span is pinned for the call and its own length is the limit.
            fixed (byte* start = bytes)
            {
                result = Native.Write(fd, start, (nuint)bytes.Length);
            }
        }
        while (Syscall.Interrupted(result));

        count = (int)Math.Max(result, 0);
        return Syscall.Outcome(result);
    }

    /// <summary>pread(2): reads at an offset; fewer bytes than asked for mean the end of the file.</summary>
    public static unsafe Errno TryReadAt(FdHandle fd, Span<byte> buffer, long offset, out int count)
    {
        nint result;
        do
        {
            // SAFETY: the span is pinned for the call and its own length is the limit.
            fixed (byte* start = buffer)
            {
                result = Native.ReadAt(fd, start, (nuint)buffer.Length, offset);
            }
        }
        while (Syscall.Interrupted(result));

        count = (int)Math.Max(result, 0);
        return Syscall.Outcome(result);
    }

    /// <summary>pwrite(2): writes at an offset.</summary>
    public static unsafe Errno TryWriteAt(FdHandle fd, ReadOnlySpan<byte> bytes, long offset, out int count)
    {
        nint result;
        do
        {
            // SAFETY: the span is pinned for the call and its own length is the limit.
            fixed (byte* start = bytes)
            {
                result = Native.WriteAt(fd, start, (nuint)bytes.Length, offset);
            }
        }
        while (Syscall.Interrupted(result));

        count = (int)Math.Max(result, 0);
        return Syscall.Outcome(result);
    }

    /// <summary>readv(2). The caller guarantees that each vector names memory that is mapped for writing.</summary>
    public static unsafe Errno TryReadVector(FdHandle fd, ReadOnlySpan<IoVector> to, out long count)
    {
        nint result;
        do
        {
            // SAFETY: the table is pinned for the call; the kernel answers EFAULT for memory that is not mapped.
            fixed (IoVector* vectors = to)
            {
                result = Native.ReadV(fd, vectors, Math.Min(to.Length, Native.MaxVectors));
            }
        }
        while (Syscall.Interrupted(result));

        count = Math.Max(result, 0);
        return Syscall.Outcome(result);
    }

    /// <summary>sendmsg(2) with MSG_NOSIGNAL on a socket, writev(2) on anything else.</summary>
    public static unsafe Errno TryWriteVector(FdHandle fd, ReadOnlySpan<IoVector> from, out long count)
    {
        nint result;
        do
        {
            // SAFETY: the table is pinned for the call; the kernel answers EFAULT for memory that is not mapped.
            fixed (IoVector* vectors = from)
            {
                var message = new MessageHeader { Vectors = vectors, VectorCount = (nuint)Math.Min(from.Length, Native.MaxVectors) };
                result = Native.SendMessage(fd, &message, Native.MessageNoSignal);
                if (result == -1 && Syscall.LastError == Errno.ENOTSOCK)
                {
                    result = Native.WriteV(fd, vectors, Math.Min(from.Length, Native.MaxVectors));
                }
            }
        }
        while (Syscall.Interrupted(result));

        count = Math.Max(result, 0);
        return Syscall.Outcome(result);
    }

    public static void SetNonBlocking(FdHandle fd, bool on)
    {
        var flags = Syscall.Check(Native.Fcntl(fd, Native.FcntlGetStatusFlags, 0), "fcntl F_GETFL");
        var wanted = on ? flags | (int)OpenFlags.NonBlocking : flags & ~(int)OpenFlags.NonBlocking;
        Syscall.Check(Native.Fcntl(fd, Native.FcntlSetStatusFlags, wanted), "fcntl F_SETFL");
    }

    public static FileKind KindOf(FdHandle fd) => FileStatus.Of(fd).Kind;

    public static long SizeOf(FdHandle fd) => FileStatus.Of(fd).Size;

    /// <summary>The name of a regular file, as far as the kernel knows it; null for anything else.</summary>
    public static string? NameOf(FdHandle fd) => KindOf(fd) == FileKind.Regular
        ? File.ResolveLinkTarget($"/proc/self/fd/{fd.DangerousGetHandle()}", returnFinalTarget: false)?.FullName
        : null;

    /// <summary>From now on the descriptor's number means the other file (dup2(2)), also to code that knows the number alone.</summary>
    public static void Replace(FdHandle fd, FdHandle by) =>
        Syscall.Check(Native.Duplicate((int)by.DangerousGetHandle(), (int)fd.DangerousGetHandle()), "dup2");

    /// <summary>ftruncate(2): makes a file this long.</summary>
    public static Errno TryTruncate(FdHandle fd, long length)
    {
        int result;
        do
        {
            result = Native.Truncate(fd, length);
        }
        while (Syscall.Interrupted(result));

        return Syscall.Outcome(result);
    }
}
