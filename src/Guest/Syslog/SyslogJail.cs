using VmTools.Linux.Mounting;
using VmTools.Linux.Rights;

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

    public static void Enter(string place)
    {
        var user = ServiceUser.Find(UserName);
        Limits.SetOpenFiles(MaxOpenFiles, MaxOpenFiles);
        Limits.SetProcesses(MaxThreads, MaxThreads);
        Mounts.EnterEmptyRoot(place);
        Hardening.Become(user);
        Hardening.NoNewPrivileges();
        Hardening.NoCoreDumps();
    }
}
