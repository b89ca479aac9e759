using VmTools.Linux.Accounts;
using VmTools.Linux.Libc;
using VmTools.Linux.Mounting;
using VmTools.Linux.Rights;

namespace VmTools.Linux.ProcessControl;

/// <summary>
/// Spawns from a thread that has first become what the child is to be. Credentials belong to a thread on Linux; it is the C
/// library that keeps a process's threads alike by making each of them call (nptl(7)). The raw system calls change this
/// thread alone, and what it then spawns inherits its credentials (clone(2)); likewise unshare(CLONE_FS) gives it an umask of
/// its own, and unshare(CLONE_NEWNS) mounts. The thread ends right after and never comes back: with all three user ids given away it could
/// not. So no managed code runs between fork and exec, no setuid helper is needed, and the rest of the process stays root throughout.
/// <para>
/// While it lives (some hundred microseconds) the user could send the thread a signal, and a deadly one ends the whole
/// process; ptrace is refused, as the kernel clears the dumpable flag with the change of user. PID 1 is immune to either.
/// </para>
/// </summary>
internal static unsafe class SpawnThread
{
    private const int StackBytes = 256 * 1024;
    private const uint Unchanged = uint.MaxValue;

    public static SpawnOutcome Run(SpawnRequest request, Func<SpawnOutcome> spawn)
    {
        var credentials = request.RunAs;
        if (credentials is { Uid: Unchanged } or { Gid: Unchanged })
        {
            throw new ArgumentException("The all-ones id means 'leave it as it is' to the kernel.", nameof(request));
        }

        // All that the thread needs is made before it changes: it must not cause the runtime to start a thread from there.
        var outcome = default(SpawnOutcome);
        var groups = credentials?.Groups.ToArray() ?? [];
        using var files = request.Confinement?.OpenFiles();
        var thread = new Thread(
            () =>
            {
                outcome = Become(request, groups, files);
                if (outcome.Error == Errno.None)
                {
                    outcome = spawn();
                }
            },
            StackBytes);
        thread.Start();
        thread.Join();
        return outcome;
    }

    private static SpawnOutcome Become(SpawnRequest request, uint[] groups, FdHandle? files)
    {
        if (request.OwnMounts && !TryLeaveMounts())
        {
            return new SpawnOutcome("give own mounts to", Syscall.LastError, 0);
        }

        if (request.Umask is { } mask)
        {
            if (Native.Unshare(Native.CloneFileSystem) == -1)
            {
                return new SpawnOutcome("unshare before", Syscall.LastError, 0);
            }

            _ = Native.Umask((uint)mask);
        }

        return request.Confinement is { } confinement
            ? Confine(request, confinement, groups, files)
            : request.RunAs is null ? default : Become(request.RunAs, groups);
    }

    /// <summary>
    /// The bounding set is root's to change, so it comes before the change of user, and the change before its capabilities go.
    /// </summary>
    private static SpawnOutcome Confine(SpawnRequest request, Confinement confinement, uint[] groups, FdHandle? files)
    {
        try
        {
            Capabilities.Bound(confinement.Keep);
            var changed = request.RunAs is null ? default : Become(request.RunAs, groups);
            if (changed.Error == Errno.None)
            {
                confinement.Restrict(files);
            }

            return changed;
        }
        catch (LinuxException refused)
        {
            return new SpawnOutcome("confine", refused.Errno, 0);
        }
    }

    /// <summary>A name space of its own, and what is mounted in it later stays in it.</summary>
    private static bool TryLeaveMounts() =>
        Native.Unshare(Native.CloneMounts) != -1
        && Native.Mount("none", "/", "none", (nuint)(MountFlags.Recursive | MountFlags.Private), null) != -1;

    /// <summary>Groups first, the user last: afterwards nothing may be changed any more.</summary>
    private static SpawnOutcome Become(Credentials credentials, uint[] groups)
    {
        // SAFETY: the array is pinned for the call and its own length is the limit.
        fixed (uint* list = groups)
        {
            if (Native.Call(Native.CallSetGroups, groups.Length, (nint)list, 0) == -1)
            {
                return new SpawnOutcome("setgroups for", Syscall.LastError, 0);
            }
        }

        var gid = (nint)credentials.Gid;
        if (Native.Call(Native.CallSetGroupIds, gid, gid, gid) == -1)
        {
            return new SpawnOutcome("setresgid for", Syscall.LastError, 0);
        }

        var uid = (nint)credentials.Uid;
        return Native.Call(Native.CallSetUserIds, uid, uid, uid) == -1
            ? new SpawnOutcome("setresuid for", Syscall.LastError, 0)
            : default;
    }
}
