using VmTools.Host.Sandbox;
using VmTools.Host.VsockDevice.Console;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Rights;

namespace VmTools.Host.VsockDevice;

/// <summary>
/// What is left to <c>vm_vsock</c>, which reads what root in a guest writes: the files of its VM, unix sockets, and the system calls
/// that it makes itself.
/// </summary>
internal static class DeviceSandbox
{
    private const ulong ProtectExecute = 0x4;
    private const ulong CloneVm = 0x100;
    private const ulong CloneThread = 0x10000;
    private const int SetName = 15;
    private const int GetName = 16;
    private const int NameMemory = 0x53564d41;
    private const int TerminalGet = 0x5401;
    private const int BytesToRead = 0x541B;

    /// <summary>Sockets and timers, the log's files, and what the runtime needs for memory, threads and signals.</summary>
    private const string Calls = """
        read write readv writev pread64 pwrite64 close lseek dup dup2 dup3 fcntl pipe2 eventfd2 poll ppoll
        epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2 timerfd_create timerfd_settime timerfd_gettime
        bind listen accept accept4 connect shutdown getsockname getpeername getsockopt setsockopt
        sendto recvfrom sendmsg recvmsg
        open openat fstat newfstatat statx stat lstat statfs fstatfs access faccessat faccessat2 readlink readlinkat getdents64
        rename renameat renameat2 unlink unlinkat chmod fchmod fchmodat ftruncate fallocate fsync fdatasync flock
        munmap mremap madvise msync brk membarrier get_mempolicy mlock munlock
        futex set_robust_list rseq sched_yield sched_getaffinity sched_getparam sched_getscheduler getcpu exit exit_group
        rt_sigaction rt_sigprocmask rt_sigreturn rt_sigtimedwait sigaltstack restart_syscall
        clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday getrandom
        getpid gettid getppid getuid geteuid getgid getegid getrusage sysinfo uname
        """;

    /// <summary>
    /// Takes effect for all that follows, in a second start of this program. The log's file is made first, as only what is there can be
    /// allowed.
    /// </summary>
    public static void Enter(VsockDeviceOptions options)
    {
        var rules = ProgramRules.OfDevice()
            .AllowRuntime()
            .Allow(SocketPlace, DirectoryOf(options.Socket), options.Directory);
        if (options is { ConsoleSocket: { } console, VmLogDirectory: { } logs })
        {
            rules.Allow(SocketPlace, DirectoryOf(console)).Allow(LogPlace, logs);
        }

        if (options.LogFile is { } log)
        {
            new BoundedFile(log, long.MaxValue).Dispose();
            rules.Allow(LandlockAccess.ReadFile | LandlockAccess.WriteFile | LandlockAccess.Truncate, log);
        }

        new Confinement { Files = rules }.Enter(Environment.GetCommandLineArgs());
    }

    /// <summary>
    /// To be called when all is open that ever will be by a call that is not among those left. An attacker who has taken the process over
    /// and tries to leave it ends it; what a library might try and can do without fails.
    /// </summary>
    public static Errno Close()
    {
        if (Confinement.IsPossible)
        {
            return Filter(Environment.ProcessId).Enforce();
        }

        Hardening.NoNewPrivileges();
        return Errno.ENOSYS;
    }

    /// <summary>No memory is made executable, no process is made, no other process is signalled, and sockets are unix sockets.</summary>
    internal static SeccompFilter Filter(int pid) => new SeccompFilter(SeccompAction.Fail(Errno.EPERM))
        .Add(SeccompAction.Allow, Calls)
        .Add(
            new SeccompRule("mmap", SeccompAction.Allow, SeccompTest.HasNone(2, ProtectExecute)),
            new SeccompRule("mprotect", SeccompAction.Allow, SeccompTest.HasNone(2, ProtectExecute)),
            new SeccompRule("socket", SeccompAction.Allow, SeccompTest.IsInt(0, SystemCallGroups.FamilyUnix)),
            new SeccompRule("socketpair", SeccompAction.Allow, SeccompTest.IsInt(0, SystemCallGroups.FamilyUnix)),
            new SeccompRule(
                "clone",
                SeccompAction.Allow,
                SeccompTest.HasAll(0, CloneVm | CloneThread),
                SeccompTest.HasNone(0, SystemCallGroups.CloneNamespaces)),
            new SeccompRule("tgkill", SeccompAction.Allow, SeccompTest.IsInt(0, pid)),
            new SeccompRule("prctl", SeccompAction.Allow, SeccompTest.IsInt(0, SetName)),
            new SeccompRule("prctl", SeccompAction.Allow, SeccompTest.IsInt(0, GetName)),
            new SeccompRule("prctl", SeccompAction.Allow, SeccompTest.IsInt(0, NameMemory)),
            new SeccompRule("ioctl", SeccompAction.Allow, SeccompTest.IsInt(1, TerminalGet)),
            new SeccompRule("ioctl", SeccompAction.Allow, SeccompTest.IsInt(1, BytesToRead)),

            // A new limit is given by a pointer; without one the call only asks.
            new SeccompRule("prlimit64", SeccompAction.Allow, SeccompTest.IsInt(0, 0), new SeccompTest(2, ulong.MaxValue, 0)),

            // Its flags lie in memory, where a filter cannot look; the C library then makes threads by clone.
            new SeccompRule("clone3", SeccompAction.Fail(Errno.ENOSYS)))
        .Add(SeccompAction.Kill, SystemCallGroups.Foreign)
        .Add(SeccompAction.Kill, SystemCallGroups.Namespaces)
        .Add(SeccompAction.Kill, SystemCallGroups.Programs);

    private const LandlockAccess SocketPlace = LandlockAccess.Read | LandlockAccess.MakeSocket | LandlockAccess.RemoveFile;

    private const LandlockAccess LogPlace = LandlockAccess.Read | LandlockAccess.WriteFile | LandlockAccess.Truncate
        | LandlockAccess.MakeFile | LandlockAccess.RemoveFile;

    private static string DirectoryOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
}
