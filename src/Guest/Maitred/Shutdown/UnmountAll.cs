using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Mounting;

namespace VmTools.Guest.Maitred.Shutdown;

/// <summary>
/// Unmounts what can be, the last mounted first, so that the disks are left clean. What we run from ourselves stays.
/// </summary>
internal sealed partial class UnmountAll(ILogger log)
{
    private static readonly string[] Kept = ["/dev", "/proc", "/sys", AgentPaths.Directory];

    public void Run()
    {
        foreach (var mount in Mounts.Read().Reverse())
        {
            if (!IsKept(mount.Target))
            {
                Unmount(mount.Target);
            }
        }
    }

    public static bool IsKept(string target) =>
        target == "/" || Kept.Any(kept => target == kept || target.StartsWith(kept + "/", StringComparison.Ordinal));

    private void Unmount(string target)
    {
        try
        {
            Mounts.Unmount(target, UnmountFlags.None);
        }
        catch (LinuxException failure)
        {
            LogNotUnmounted(target, failure.Errno);
            MakeReadOnly(target);
        }
    }

    /// <summary>A file system that a process still holds is at least written out and closed for writing.</summary>
    private static void MakeReadOnly(string target)
    {
        try
        {
            Mounts.Mount("none", target, "none", MountFlags.Remount | MountFlags.ReadOnly, null);
        }
        catch (LinuxException)
        {
            // A second failure says nothing that the first one, already logged, did not.
        }
    }

    [LoggerMessage(1411, LogLevel.Warning, "{Target} could not be unmounted: {Reason}")]
    private partial void LogNotUnmounted(string target, Errno reason);
}
