namespace VmTools.Guest.Maitred.Shutdown;

/// <summary>How long each stage of the shutdown waits at most; together well below the host's 30 seconds.</summary>
internal static class ShutdownLimits
{
    /// <summary>
    /// tremplin gives its containers six seconds to power off, some times what systemd needs in an emulated VM on a quiet machine, and
    /// kills what is left of them then.
    /// </summary>
    public static readonly TimeSpan Tremplin = TimeSpan.FromSeconds(8);

    public static readonly TimeSpan Termination = TimeSpan.FromSeconds(10);

    /// <summary>A log daemon that was started a moment ago needs so long in an emulated guest before it reads.</summary>
    public static readonly TimeSpan LogReading = TimeSpan.FromSeconds(4);

    /// <summary>It ends as soon as the host has answered, which takes long only in an emulated guest on a busy machine.</summary>
    public static readonly TimeSpan LogDaemon = TimeSpan.FromMilliseconds(3300);

    /// <summary>A killed process holds its files for a moment longer, and with them a mount.</summary>
    public static readonly TimeSpan Kill = TimeSpan.FromSeconds(1);
}
