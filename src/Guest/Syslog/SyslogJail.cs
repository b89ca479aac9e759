using VmTools.Linux;

namespace VmTools.Guest.Syslog;

/// <summary>
/// What is left of the program once everything it needs is open: a user of its own without any capability, no way to gain one,
/// no file system, few descriptors and threads. Connections to the host need a vsock socket and nothing else.
/// </summary>
internal static class SyslogJail
{
    private const string UserName = "syslog";
    private const ulong MaxOpenFiles = 64;
    private const ulong MaxThreads = 64;

    /// <summary>For an image that has no such user: the one that owns nothing (Linux: the overflow id).</summary>
    private static readonly Credentials Nobody = new(65534, 65534, []);

    public static void Enter(string place)
    {
        var user = Users.TryFindByName(UserName, out var entry) ? new Credentials(entry.Uid, entry.Gid, []) : Nobody;
        Limits.SetOpenFiles(MaxOpenFiles, MaxOpenFiles);
        Limits.SetProcesses(MaxThreads, MaxThreads);
        Mounts.EnterEmptyRoot(place);
        Hardening.Become(user);
        Hardening.NoNewPrivileges();
        Hardening.NoCoreDumps();
    }
}
