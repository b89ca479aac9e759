using VmTools.Linux.Accounts;
using VmTools.Linux.Rights;

namespace VmTools.Guest.CrashCollector;

/// <summary>
/// What is left of a collector once everything about the process is open: a user of its own without any capability and no way to
/// gain one. The core is the first thing it reads that an attacker may have made up, and the last.
/// </summary>
internal static class CollectorJail
{
    private const ulong MaxOpenFiles = 512;
    private const ulong MaxThreads = 256;

    public static void Enter(Credentials user)
    {
        Limits.SetOpenFiles(MaxOpenFiles, MaxOpenFiles);
        Limits.SetProcesses(MaxThreads, MaxThreads);
        Hardening.Become(user);
        Hardening.NoNewPrivileges();

        // Setting a user id has made the process dumpable again (prctl(2), PR_SET_DUMPABLE).
        Hardening.NoCoreDumps();
    }
}
