using VmTools.Linux.Accounts;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Files;

/// <summary>
/// A directory that only we can have prepared. In a place that others can write to, such as /tmp, another user may have made it
/// first, or put a symbolic link there: both are refused.
/// </summary>
public static class PrivateDirectory
{
    /// <summary>Makes the directory and what leads to it, or checks the one that is there; its mode is set to the given one.</summary>
    public static void Ensure(string path, UnixFileMode mode) => Ensure(path, mode, Users.EffectiveId, owner: null);

    /// <summary>The same for another user, to whom the directory is given; needs root.</summary>
    public static void EnsureFor(Credentials owner, string path, UnixFileMode mode) => Ensure(path, mode, owner.Uid, owner);

    private static void Ensure(string path, UnixFileMode mode, uint uid, Credentials? owner)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is { } parent)
        {
            Directory.CreateDirectory(parent);
        }

        if (Native.MakeDirectory(full, (uint)mode) == -1 && Syscall.LastError != Errno.EEXIST)
        {
            throw new LinuxException(Syscall.LastError, "mkdir", full);
        }

        // What is checked is what is opened: a name could be exchanged between a look and the use.
        using var directory = FdHandle.Open(full, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        var status = FileStatus.Of(directory);
        if (status.OwnerId != Users.EffectiveId && status.OwnerId != uid)
        {
            throw new LinuxException(
                Errno.EPERM, $"Use a private directory that belongs to user {status.OwnerId} and not to us:", full);
        }

        if (owner is not null)
        {
            Syscall.Check(Native.ChangeOwner(directory, owner.Uid, owner.Gid), "fchown", full);
        }

        if (status.Mode != mode)
        {
            Syscall.Check(Native.ChangeMode(directory, (uint)mode), "fchmod", full);
        }
    }
}
