using VmTools.Linux.Libc;

namespace VmTools.Linux.Accounts;

/// <summary>
/// Root's way to make a file that is another user's from the start (setfsuid(2)): on a file system of a user name space to which root does
/// not belong there is no other.
/// </summary>
public static class FileSystemUser
{
    /// <summary>Does something with files as this user and the group of the same number, all of it on this thread.</summary>
    public static T Do<T>(uint id, Func<T> work)
    {
        var (user, group) = (Users.EffectiveId, Users.EffectiveGroupId);
        _ = Native.SetFileSystemGroup(id);
        _ = Native.SetFileSystemUser(id);
        try
        {
            return work();
        }
        finally
        {
            _ = Native.SetFileSystemUser(user);
            _ = Native.SetFileSystemGroup(group);
        }
    }
}
