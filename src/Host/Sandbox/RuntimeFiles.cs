using VmTools.Linux.Rights;

namespace VmTools.Host.Sandbox;

/// <summary>
/// What every program of ours needs of the file system besides its own: its file, the C library and what that loads, and what the
/// runtime asks about processors and memory when it starts. What /proc shows of other processes beyond what ps(1) shows stays closed:
/// Landlock lets no program look into a process outside (ptrace(2), its access check).
/// </summary>
internal static class RuntimeFiles
{
    private const LandlockAccess Run = LandlockAccess.Execute | LandlockAccess.ReadFile;

    private const string Settings = "/etc";
    private const string Resolver = "/etc/resolv.conf";

    /// <summary>What the runtime reads. To be executed once more, the program's own file and its loader must be executable.</summary>
    public static LandlockRules AllowRuntime(this LandlockRules rules) => rules
        .Allow(Run, "/proc/self/exe", "/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1")
        .Allow(LandlockAccess.Read, "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")
        .Allow(LandlockAccess.ReadFile, "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/localtime")
        .Allow(LandlockAccess.Read, "/proc", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm")
        .Allow(LandlockAccess.ReadFile, "/dev/urandom", "/dev/random")
        .Allow(LandlockAccess.ReadFile | LandlockAccess.WriteFile, "/dev/null");

    /// <summary>What a daemon reads of the system's settings: users, the machine's id and release, nothing that is secret.</summary>
    public static LandlockRules AllowSettings(this LandlockRules rules) => rules
        .Allow(LandlockAccess.ReadFile, "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/machine-id", "/etc/os-release")
        .Allow(LandlockAccess.Read, "/etc/vmtools");

    /// <summary>
    /// A program of another project: its file, and the data of the system's programs, or that beside a directory called bin.
    /// </summary>
    public static LandlockRules AllowProgram(this LandlockRules rules, string program)
    {
        var file = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(program);
        var directory = Path.GetDirectoryName(file);
        rules.Allow(Run, program)
            .Allow(LandlockAccess.Read, "/usr/share")
            .Allow(LandlockAccess.Read | LandlockAccess.Execute, "/nix/store", "/gnu/store");
        return Path.GetFileName(directory) == "bin" && Path.GetDirectoryName(directory) is { Length: > 1 } prefix
            ? rules.Allow(LandlockAccess.Read, prefix)
            : rules;
    }

    /// <summary>
    /// The name servers' addresses. They are looked for again when they change, which is when the file is replaced: so the directory is
    /// needed. In /etc are files that only root may read: others are refused those by their modes, and root gets them with the settings.
    /// </summary>
    public static LandlockRules AllowResolver(this LandlockRules rules, bool withSettings)
    {
        var file = File.Exists(Resolver) ? File.ResolveLinkTarget(Resolver, returnFinalTarget: true)?.FullName ?? Resolver : Resolver;
        var directory = Path.GetDirectoryName(file) ?? Settings;
        return rules.Allow(LandlockAccess.Read, Resolver, directory == Settings && !withSettings ? file : directory);
    }
}
