using VmTools.Linux.Libc;

namespace VmTools.Linux;

/// <summary>What the kernel knows of a file (statx(2), whose layout is the same on every processor).</summary>
public readonly record struct FileStatus(FileKind Kind, UnixFileMode Mode, uint OwnerId, long Size)
{
    /// <summary>Which file of its file system it is, under whatever name.</summary>
    public ulong Inode { get; init; }

    public uint GroupId { get; init; }

    public static unsafe FileStatus Of(FdHandle fd)
    {
        StatxBuffer buffer;
        Syscall.Check(Native.Statx(fd, "", Native.AtEmptyPath, Native.StatxBasicStats, &buffer), "statx");
        return From(buffer);
    }

    /// <summary>Null where nothing is there; a symbolic link is described itself, not what it points to.</summary>
    public static unsafe FileStatus? OfPath(string path)
    {
        StatxBuffer buffer;
        if (Native.Statx(Native.AtCurrentDirectory, path, Native.AtSymlinkNoFollow, Native.StatxBasicStats, &buffer) == -1)
        {
            return Syscall.LastError is Errno.ENOENT or Errno.ENOTDIR
                ? null
                : throw new LinuxException(Syscall.LastError, "statx", path);
        }

        return From(buffer);
    }

    private static FileStatus From(in StatxBuffer buffer) =>
        new((FileKind)(buffer.Mode & 0xF000), (UnixFileMode)(buffer.Mode & 0xFFF), buffer.Uid, (long)buffer.Size)
        {
            Inode = buffer.Inode,
            GroupId = buffer.Gid
        };
}
