using VmTools.Linux.Mounting;

namespace VmTools.Guest.Maitred.Boot;

/// <summary>
/// What is mounted where, in order. /proc, /sys and /dev come first of all, as the runtime and the modules need them, and
/// move with us into the root file system.
/// </summary>
internal static class MountPlan
{
    public const string UpperEtc = "/run/etc/upper";
    public const string WorkEtc = "/run/etc/work";

    private const MountFlags Guarded = MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec;

    /// <summary>The kernel mounts devtmpfs itself for a root on a disk, but not for an initramfs.</summary>
    public static readonly IReadOnlyList<MountStep> First =
    [
        new("proc", "/proc", "proc", Guarded, null, IsRequired: true),
        new("sys", "/sys", "sysfs", Guarded, null, IsRequired: true),
        new("dev", "/dev", "devtmpfs", MountFlags.NoSuid | MountFlags.NoExec, "mode=0755", IsRequired: true),
    ];

    /// <summary>Before the change of roots, as it carries the modules across.</summary>
    public static readonly MountStep Run = new("run", "/run", "tmpfs", Guarded, "mode=0755", IsRequired: true);

    public static readonly IReadOnlyList<MountStep> Rest =
    [
        new("tmp", "/tmp", "tmpfs", Guarded, null, IsRequired: true),
        new("tmpfs", "/mnt/external", "tmpfs", Guarded, "mode=0755", IsRequired: true),
        new("shmfs", "/dev/shm", "tmpfs", Guarded, null, IsRequired: true),
        new("devpts", "/dev/pts", "devpts", MountFlags.NoSuid | MountFlags.NoExec, "gid=5,mode=0620,ptmxmode=666", IsRequired: true),
        new("var", "/var", "tmpfs", Guarded, "mode=0755", IsRequired: true),
        new("home", "/home/chronos", "tmpfs", MountFlags.NoSuid | MountFlags.NoDev, "mode=0755,uid=1000,gid=1000", IsRequired: false),
        new("cgroup", "/sys/fs/cgroup", "cgroup2", Guarded, "nsdelegate", IsRequired: true),
        new("securityfs", "/sys/kernel/security", "securityfs", Guarded, null, IsRequired: false),
        new("tracefs", "/sys/kernel/tracing", "tracefs", Guarded, null, IsRequired: false),
    ];

    /// <summary>The root is read-only, and programs expect to write below /etc. After the directories of its upper half exist.</summary>
    public static readonly MountStep Etc = new(
        "overlay", "/etc", "overlay", MountFlags.None, $"lowerdir=/etc,upperdir={UpperEtc},workdir={WorkEtc}", IsRequired: true);
}

/// <summary>One row of the mount table.</summary>
/// <param name="Source">What is mounted.</param>
/// <param name="Target">Where; made first where it is missing.</param>
/// <param name="Type">The file system.</param>
/// <param name="Flags">How.</param>
/// <param name="Options">Options of the file system itself.</param>
/// <param name="IsRequired">Without it the VM cannot be used; anything else only gets a line in the log.</param>
internal sealed record MountStep(string Source, string Target, string Type, MountFlags Flags, string? Options, bool IsRequired);
