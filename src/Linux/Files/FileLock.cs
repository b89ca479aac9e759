using System.Globalization;
using System.Text;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>
/// Keeps a second program off (flock(2)): the kernel lets go when the holder ends, however it ends. The file holds the
/// holder's pid for people to read, and stays, as removing it would let two programs lock two files of one name.
/// </summary>
public sealed class FileLock : IDisposable
{
    private FileLock(FdHandle file) => File = file;

    /// <summary>A child that inherits it holds the lock too, as long as it lives; <see cref="Leave"/> leaves it to the child.</summary>
    public FdHandle File { get; }

    /// <summary>Null where another program holds it.</summary>
    public static FileLock? TryTake(string path)
    {
        var file = FdHandle.OpenOrMake(path, OpenFlags.ReadWrite);
        if (Native.Lock(file, Native.LockExclusive | Native.LockNonBlocking) == -1)
        {
            var reason = Syscall.LastError;
            file.Dispose();
            return reason == Errno.EAGAIN ? null : throw new LinuxException(reason, "flock", path);
        }

        Syscall.Check(Native.Truncate(file, 0), "ftruncate", path);
        _ = Fd.TryWrite(file, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"), out _);
        return new FileLock(file);
    }

    /// <summary>Lets go of our hold alone: a child that inherited the file keeps the lock.</summary>
    public void Leave() => File.Dispose();

    public void Dispose()
    {
        if (File.IsClosed)
        {
            return;
        }

        // Said aloud, as closing alone is not enough while a child that is just being made still has a copy of the file.
        _ = Native.Lock(File, Native.LockRelease);
        File.Dispose();
    }
}
