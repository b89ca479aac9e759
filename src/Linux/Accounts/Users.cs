using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Accounts;

/// <summary>
/// The users and groups of /etc/passwd and /etc/group (passwd(5), group(5)). The files are read themselves: the C library's
/// look-up loads plug-ins, which a guest's agent under its own loader does not have.
/// </summary>
public static class Users
{
    private const string PasswordFile = "/etc/passwd";
    private const string GroupFile = "/etc/group";
    private const string OverflowFile = "/proc/sys/kernel/overflowuid";
    private const uint DefaultOverflowId = 65534;

    public static uint EffectiveId => Native.EffectiveUserId();

    public static uint EffectiveGroupId => Native.EffectiveGroupId();

    /// <summary>Whether this id is mapped in the user name space we are in (user_namespaces(7)): a container may have few.</summary>
    public static bool IsMapped(uint id) => IsMapped(Lines("/proc/self/uid_map"), id) && IsMapped(Lines("/proc/self/gid_map"), id);

    public static bool TryFindByName(string name, [NotNullWhen(true)] out UserEntry? user) =>
        (user = Entries().FirstOrDefault(entry => entry.Name == name)) is not null;

    public static bool TryFindById(uint id, [NotNullWhen(true)] out UserEntry? user) =>
        (user = Entries().FirstOrDefault(entry => entry.Uid == id)) is not null;

    /// <summary>The first user with this id among the lines of an /etc/passwd; null where there is none.</summary>
    public static UserEntry? FindById(IEnumerable<string> lines, uint id) =>
        lines.Select(Parse).OfType<UserEntry>().FirstOrDefault(entry => entry.Uid == id);

    /// <summary>
    /// What a user of the user name space around ours is called in ours: the overflow id, which is nobody's own, where it is not mapped.
    /// </summary>
    public static uint SeenFromHere(uint outside) =>
        SeenFromHere(Lines("/proc/self/uid_map"), outside) ?? Lines(OverflowFile).Select(Number).FirstOrDefault() ?? DefaultOverflowId;

    /// <summary>
    /// Whether the C library knows the user, by whatever plug-in: what other programs of the host will find. Not for guests.
    /// </summary>
    public static bool IsKnown(uint id) => Native.FindUser(id) != 0;

    /// <summary>The primary group first, then those that list the user as a member.</summary>
    public static uint[] GroupsOf(string user, uint primary) => GroupsOf(Lines(GroupFile), user, primary);

    internal static uint[] GroupsOf(IEnumerable<string> lines, string user, uint primary) =>
    [
        .. lines.Select(line => line.Split(':'))
            .Where(fields => fields.Length >= 4 && fields[3].Split(',').Contains(user, StringComparer.Ordinal))
            .Select(fields => Number(fields[2]))
            .OfType<uint>()
            .Prepend(primary)
            .Distinct(),
    ];

    internal static bool IsMapped(IEnumerable<string> map, uint id) =>
        RangesOf(map).Any(range => id >= range.Here && id - range.Here < range.Count);

    /// <summary>Null where the map has no id for it.</summary>
    internal static uint? SeenFromHere(IEnumerable<string> map, uint outside) => RangesOf(map)
        .Where(range => outside >= range.Outside && outside - range.Outside < range.Count)
        .Select(range => (uint?)(range.Here + (outside - range.Outside)))
        .FirstOrDefault();

    /// <summary>Lines of: the first id here, the first id outside, how many.</summary>
    private static IEnumerable<(uint Here, uint Outside, uint Count)> RangesOf(IEnumerable<string> map)
    {
        foreach (var fields in map.Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            if (fields is [var here, var outside, var count]
                && uint.TryParse(here, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                && uint.TryParse(outside, NumberStyles.None, CultureInfo.InvariantCulture, out var firstOutside)
                && uint.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                yield return (first, firstOutside, number);
            }
        }
    }

    /// <summary>Null where the line is not one of a user: too short, a comment, without numbers.</summary>
    internal static UserEntry? Parse(string line)
    {
        var fields = line.Split(':');
        return fields.Length >= 7 && fields[0].Length > 0 && Number(fields[2]) is { } uid && Number(fields[3]) is { } gid
            ? new UserEntry(fields[0], uid, gid, fields[5], fields[6])
            : null;
    }

    private static IEnumerable<UserEntry> Entries() => Lines(PasswordFile).Select(Parse).OfType<UserEntry>();

    private static IEnumerable<string> Lines(string path) => File.Exists(path) ? File.ReadLines(path) : [];

    /// <summary>The all-ones id means "none" to the kernel and so names no user.</summary>
    private static uint? Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number != uint.MaxValue ? number : null;
}
