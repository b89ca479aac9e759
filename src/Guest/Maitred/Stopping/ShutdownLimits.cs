namespace VmTools.Guest.Maitred.Stopping;

/// <summary>How long each stage of the shutdown waits at most; together well below the host's 30 seconds.</summary>
internal static class ShutdownLimits
{
    public static readonly TimeSpan Tremplin = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan Termination = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan LogDaemon = TimeSpan.FromMilliseconds(300);

    /// <summary>A killed process holds its files for a moment longer, and with them a mount.</summary>
    public static readonly TimeSpan Kill = TimeSpan.FromSeconds(1);
}
