using Microsoft.Extensions.Logging;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Rights;

namespace VmTools.Host.Sandbox;

/// <summary>
/// What is left to a daemon: 1. no capabilities but those it names, and files, from its first instruction on; 2. when its settings are
/// read, the system calls that it never makes are closed. What it starts inherits all of it.
/// </summary>
internal sealed record DaemonSandbox
{
    /// <summary>Null where the daemon's files cannot be named beforehand; then <see cref="WithoutFiles"/> says why.</summary>
    public LandlockRules? Files { get; init; }

    public string WithoutFiles { get; init; } = "";

    /// <summary>The sandbox of a daemon whose files are those of its instance, and its settings, which it reads again and again.</summary>
    public static DaemonSandbox OfInstance(HostInstance instance, string settings)
    {
        instance.EnsureRuntime();
        EnsureDirectory(instance.Directories.State);
        EnsureDirectory(Path.GetDirectoryName(settings) ?? "/");
        return new DaemonSandbox
        {
            Files = ProgramRules.OfDaemon()
                .AllowRuntime()
                .AllowSettings()
                .Allow(LandlockAccess.Own, instance.Directories.Runtime, instance.Directories.State)
                .Allow(LandlockAccess.Read, Path.GetDirectoryName(settings) ?? "/"),
            HoldsGuestData = true,
        };
    }

    /// <summary>
    /// The sandbox of vm_concierge. It has no rules for files: disks, images and VMMs may lie anywhere, and what it starts would inherit
    /// the rules. As root it starts each VMM under a user id of its own, ends it, and takes capabilities from it.
    /// </summary>
    public static DaemonSandbox OfVmStarter { get; } = new()
    {
        WithoutFiles = "it opens the disks and images it is told of, wherever they are",
        Keep = Capability.DacOverride | Capability.Kill | Capability.SetUserId | Capability.SetGroupId | Capability.SetCapabilities,
        StartsPrograms = true,
        StartsNamespaces = true,
    };

    /// <summary>The daemon's memory holds what guests sent: it is not dumped, and processes of the same user may not trace it.</summary>
    public bool HoldsGuestData { get; init; }

    /// <summary>What is kept of root's capabilities.</summary>
    public Capability Keep { get; init; }

    /// <summary>Other programs may be started, and have sockets of every kind.</summary>
    public bool StartsPrograms { get; init; }

    /// <summary>What is started may make name spaces of its own, as VMMs do that confine themselves.</summary>
    public bool StartsNamespaces { get; init; }

    /// <summary>
    /// Takes effect for all that follows. To be called before the daemon opens or starts anything: where there is something to give up, it
    /// is started once more.
    /// </summary>
    public void Enter() => new Confinement { Files = Files, Keep = Keep }.Enter(Environment.GetCommandLineArgs());

    /// <summary>Closes the system calls and tells what holds from now on.</summary>
    public void Close(ILogger log)
    {
        CloseCalls(log);
        if (HoldsGuestData)
        {
            Hardening.NoCoreDumps();
        }
    }

    private void CloseCalls(ILogger log)
    {
        if (!Confinement.IsPossible)
        {
            Hardening.NoNewPrivileges();
            return;
        }

        var isFiltered = Filter().Enforce() == Errno.None;
        SandboxLog.Confined(log, Describe(KernelLayers.Ask() with { HasFilters = isFiltered }));
    }

    /// <summary>One sentence's worth, for the log and for people.</summary>
    public string Describe(KernelLayers layers) => string.Join(
        "; ",
        "no new privileges",
        Keep == Capability.None ? "no capabilities" : $"as root no capabilities but {Keep}",
        layers.FilterText,
        Files is null ? $"no Landlock: {WithoutFiles}" : layers.LandlockFor(Files));

    /// <summary>
    /// A daemon that starts nothing makes no such call itself, so an attacker's ends it; a child, which may only try, is told no.
    /// </summary>
    internal SeccompFilter Filter()
    {
        var refusal = StartsPrograms ? SeccompAction.Fail(Errno.EPERM) : SeccompAction.Kill;
        var filter = new SeccompFilter(SeccompAction.Allow).Add(refusal, SystemCallGroups.Foreign);
        if (!StartsNamespaces)
        {
            filter.Add(refusal, SystemCallGroups.Namespaces).Add(
                new SeccompRule("clone", SeccompAction.Allow, SeccompTest.HasNone(0, SystemCallGroups.CloneNamespaces)),
                new SeccompRule("clone", refusal),

                // Its flags lie in memory, where a filter cannot look; the C library then goes on with clone.
                new SeccompRule("clone3", SeccompAction.Fail(Errno.ENOSYS)));
        }

        return StartsPrograms ? filter : filter.Add(refusal, SystemCallGroups.Programs).Add(
            new SeccompRule("socket", SeccompAction.Allow, SeccompTest.IsInt(0, SystemCallGroups.FamilyUnix)),
            new SeccompRule("socket", SeccompAction.Fail(Errno.EAFNOSUPPORT)));
    }

    /// <summary>
    /// What is not there when the daemon starts cannot be allowed to it later. Where it cannot be made, nothing will come there either.
    /// </summary>
    private static void EnsureDirectory(string path)
    {
        try
        {
            Directory.CreateDirectory(path, FileModes.OwnerDoesAll);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The daemon says so when it needs the directory.
        }
    }
}

/// <summary>What a daemon's log tells of its sandbox, once, when it starts.</summary>
internal static partial class SandboxLog
{
    [LoggerMessage(3400, LogLevel.Information, "Confined: {What}")]
    public static partial void Confined(ILogger log, string what);
}
