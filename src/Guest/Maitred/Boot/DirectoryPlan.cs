namespace VmTools.Guest.Maitred.Boot;

/// <summary>Directories that programs expect on the empty file systems of the mount table.</summary>
internal static class DirectoryPlan
{
    private const UnixFileMode Ordinary = (UnixFileMode)0x1ED; // 0755
    private const UnixFileMode Shared = (UnixFileMode)0x3FF;   // 01777

    public static readonly IReadOnlyList<(string Path, UnixFileMode Mode)> All =
    [
        ("/run/lock", Shared),
        ("/run/sshd", Shared),
        ("/run/tokens", Shared),
        ("/var/cache", Ordinary),
        ("/var/db", Ordinary),
        ("/var/empty", Ordinary),
        ("/var/log", Ordinary),
        ("/var/spool", Ordinary),
        ("/var/lib", Ordinary),
        ("/var/lib/lxc", Ordinary),
        ("/var/lib/lxc/rootfs", Ordinary),
        ("/var/lib/lxcfs", Ordinary),
        ("/var/lib/misc", Ordinary),
        ("/run/etc", Ordinary),
        (MountPlan.UpperEtc, Ordinary),
        (MountPlan.WorkEtc, Ordinary),
    ];
}
