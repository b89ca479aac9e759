namespace VmTools.Guest.Maitred.Boot;

/// <summary>Kernel settings for a machine that runs many containers.</summary>
internal static class SysctlPlan
{
    public const ulong OpenFiles = 1_048_576;

    public static readonly IReadOnlyList<(string Name, string Value)> All =
    [
        ("fs/inotify/max_queued_events", "1048576"),
        ("fs/inotify/max_user_instances", "1048576"),
        ("fs/inotify/max_user_watches", "1048576"),
        ("vm/max_map_count", "262144"),
        ("net/core/rmem_max", "2097152"),
        ("net/unix/max_dgram_qlen", "512"),
    ];
}
