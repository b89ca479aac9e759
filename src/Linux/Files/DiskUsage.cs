using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>How much of the disk a file really takes: a sparse file takes less than its length.</summary>
public static class DiskUsage
{
    private const int BlockBytes = 512;

    public static unsafe long AllocatedBytes(string path)
    {
        StatxBuffer buffer;
        Syscall.Check(Native.Statx(Native.AtCurrentDirectory, path, 0, Native.StatxBasicStats, &buffer), "statx", path);
        return (long)buffer.Blocks * BlockBytes;
    }

    /// <summary>Gives a file its length and the blocks for all of it now (fallocate(2)), or says why not: ENOSPC, EOPNOTSUPP, ….</summary>
    public static Errno TryAllocate(FdHandle file, long length)
    {
        int result;
        do
        {
            result = Native.Allocate(file, 0, 0, length);
        }
        while (Syscall.Interrupted(result));

        return Syscall.Outcome(result);
    }

    /// <summary>Gives a file its length and no blocks: what was not written reads as zeros (ftruncate(2)).</summary>
    public static Errno TrySetLength(FdHandle file, long length) => Syscall.Outcome(Native.Truncate(file, length));

    /// <summary>A regular file, and not a symbolic link to one.</summary>
    public static bool IsPlainFile(string path) => FileStatus.OfPath(path) is { Kind: FileKind.Regular };
}
