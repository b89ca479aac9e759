using VmTools.Linux.Libc;

namespace VmTools.Linux.ProcessControl;

/// <summary>
/// The kernel ends this process when its time is over (alarm(2), SIGALRM), whatever its threads wait for: the last resort of a
/// program that touches what strangers control.
/// </summary>
public static class LifeLimit
{
    /// <summary>Counts anew from now; whole seconds, at least one.</summary>
    public static void Set(TimeSpan limit) => _ = Native.Alarm((uint)Math.Max(1, Math.Ceiling(limit.TotalSeconds)));
}
