using VmTools.Linux.Accounts;

namespace VmTools.Guest;

/// <summary>The user that a program of the guest becomes before it reads what others may have made up.</summary>
internal static class ServiceUser
{
    /// <summary>The ids that own nothing: those to which Linux maps what it cannot express (user_namespaces(7), overflowuid).</summary>
    private static readonly Credentials Overflow = new(65534, 65534, []);

    /// <summary>The user of this name without any further group; the overflow user in an image that has none of this name.</summary>
    public static Credentials Find(string name) =>
        Users.TryFindByName(name, out var entry) ? new Credentials(entry.Uid, entry.Gid, []) : Overflow;
}
