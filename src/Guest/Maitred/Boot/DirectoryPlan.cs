using VmTools.Linux;

namespace VmTools.Guest.Maitred.Boot;

/// <summary>Directories that programs expect on the empty file systems of the mount table.</summary>
internal static class DirectoryPlan
{
    public static readonly IReadOnlyList<(string Path, UnixFileMode Mode)> All =
    [
        ("/run/lock", FileModes.SharedByAll),
        ("/run/sshd", FileModes.SharedByAll),
        ("/run/tokens", FileModes.SharedByAll),
        ("/var/cache", FileModes.AllMayLook),
        ("/var/db", FileModes.AllMayLook),
        ("/var/empty", FileModes.AllMayLook),
        ("/var/log", FileModes.AllMayLook),
        ("/var/spool", FileModes.AllMayLook),
        ("/var/lib", FileModes.AllMayLook),
        ("/var/lib/lxc", FileModes.AllMayLook),
        ("/var/lib/lxc/rootfs", FileModes.AllMayLook),
        ("/var/lib/lxcfs", FileModes.AllMayLook),
        ("/var/lib/misc", FileModes.AllMayLook),
        ("/run/etc", FileModes.AllMayLook),
        (MountPlan.UpperEtc, FileModes.AllMayLook),
        (MountPlan.WorkEtc, FileModes.AllMayLook),
    ];
}
