using System.Globalization;
using VmTools.Linux.Accounts;
using VmTools.Linux.Libc;

namespace VmTools.Linux.Rights;

/// <summary>What a process gives up for good, so that an attacker who takes it over has little.</summary>
public static class Hardening
{
    /// <summary>
    /// No program started from here gains rights by its set-user-id bit or file capabilities (prctl(2)). The flag belongs to
    /// a thread, and the runtime has several by now; a filter that allows everything brings it to all of them (seccomp(2)).
    /// </summary>
    public static unsafe void NoNewPrivileges()
    {
        Syscall.Check(Native.ProcessControl(Native.ProcessNoNewPrivileges, 1, 0, 0, 0), "prctl PR_SET_NO_NEW_PRIVS");
        var allow = new SeccompInstruction { Code = Native.FilterReturn, Value = Native.SeccompAllow };
        var program = new SeccompProgram { Length = 1, Instructions = &allow };
        var outcome = Native.Call(
            Native.CallSeccomp, Native.SeccompSetFilter, Native.SeccompSynchronizeThreads, (nint)(&program));
        if (outcome != 0)
        {
            // A positive answer is the thread that has a filter of its own and could not follow.
            throw new LinuxException(outcome == -1 ? Syscall.LastError : Errno.EBUSY, "seccomp");
        }
    }

    /// <summary>
    /// Makes every thread of this process run as another user for good; one that was root has no capability afterwards
    /// (capabilities(7)).
    /// </summary>
    public static unsafe void Become(Credentials user)
    {
        var groups = user.Groups.ToArray();

        // SAFETY: the array is pinned for the call and its own length is the limit.
        fixed (uint* list = groups)
        {
            Syscall.Check(Native.SetGroups((nuint)groups.Length, list), "setgroups");
        }

        Syscall.Check(Native.SetGroupIds(user.Gid, user.Gid, user.Gid), "setresgid");
        Syscall.Check(Native.SetUserIds(user.Uid, user.Uid, user.Uid), "setresuid");
    }

    /// <summary>No core dump, which would hold the memory of guests, and no tracing by processes of the same user.</summary>
    public static void NoCoreDumps() =>
        Syscall.Check(Native.ProcessControl(Native.ProcessSetDumpable, 0, 0, 0, 0), "prctl PR_SET_DUMPABLE");

    /// <summary>Lets the kernel end this process sooner (up to 1000) or, for root, later (down to -1000) when memory runs out.</summary>
    public static void OomScoreAdjust(int score) =>
        File.WriteAllText("/proc/self/oom_score_adj", score.ToString(CultureInfo.InvariantCulture));
}
