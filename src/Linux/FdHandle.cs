using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VmTools.Linux.Libc;

namespace VmTools.Linux;

/// <summary>An open file description's number, closed exactly once and never inherited by a child unless it is passed.</summary>
public sealed class FdHandle : SafeHandleMinusOneIsInvalid
{
    internal FdHandle(int fd, bool owns = true)
        : base(owns) => SetHandle(fd);

    /// <summary>Opens a file; always with O_CLOEXEC (open(2)).</summary>
    public static FdHandle Open(string path, OpenFlags flags, UnixFileMode mode = 0)
    {
        var native = Kernel.OpenFlagsOf(flags, RuntimeInformation.ProcessArchitecture) | Native.OpenCloexec;
        int fd;
        do
        {
            fd = Native.Open(path, native, (uint)mode);
        }
        while (Syscall.Interrupted(fd));

        return new FdHandle(Syscall.Check(fd, "open", path));
    }

    /// <summary>
    /// Opens a file of the owner's that is made where it is missing, and follows no link. What else stands at the path, a device or a pipe,
    /// is refused with EINVAL and was not waited for.
    /// </summary>
    public static FdHandle OpenOrMake(string path, OpenFlags flags)
    {
        var file = Open(path, flags | OpenFlags.Create | OpenFlags.NoFollow | OpenFlags.NonBlocking, FileModes.OwnerReadsAndWrites);
        if (Fd.KindOf(file) == FileKind.Regular)
        {
            return file;
        }

        file.Dispose();
        throw new LinuxException(Errno.EINVAL, "open", path);
    }

    /// <summary>Standard input (0), output (1) or error (2) of this program; closing the handle leaves it open.</summary>
    public static FdHandle Standard(int number) =>
        number is >= 0 and <= 2
            ? new FdHandle(number, owns: false)
            : throw new ArgumentOutOfRangeException(nameof(number), number, "Standard streams are 0, 1 and 2.");

    /// <summary>Takes over an fd that the parent passed on purpose, such as the 3 of socket activation.</summary>
    public static FdHandle Inherited(int number)
    {
        Syscall.Check(Native.Fcntl(number, Native.FcntlSetFdFlags, Native.FdCloexec), "fcntl F_SETFD");
        return new FdHandle(number);
    }

    /// <summary>A descriptor of our own for a number that other code only lends us.</summary>
    public static FdHandle DuplicateOf(int borrowed)
    {
        using var view = new FdHandle(borrowed, owns: false);
        return view.Duplicate();
    }

    /// <summary>A second number for the same open file description.</summary>
    public FdHandle Duplicate() => DuplicateFrom(0);

    /// <summary>A duplicate numbered <paramref name="minimum"/> or higher.</summary>
    internal FdHandle DuplicateFrom(int minimum) =>
        new(Syscall.Check(Native.Fcntl(this, Native.FcntlDuplicateCloexec, minimum), "fcntl F_DUPFD_CLOEXEC"));

    protected override bool ReleaseHandle() => Native.Close((int)handle) == 0;
}
