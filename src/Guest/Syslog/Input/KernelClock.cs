namespace VmTools.Guest.Syslog.Input;

/// <summary>
/// The wall clock's time of a moment that is known as time since boot. Both clocks are read at each question: the wall clock
/// is set, by the host above all, long after the first records have been written.
/// </summary>
internal sealed class KernelClock(TimeProvider clock)
{
    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>The provider's timestamps are the monotonic clock's, which like the kernel's log counts from boot.</summary>
    public DateTimeOffset TimeOf(TimeSpan sinceBoot)
    {
        var now = clock.GetUtcNow();
        var ago = clock.GetElapsedTime(0) - sinceBoot;
        return ago >= TimeSpan.Zero && ago < now - DateTimeOffset.UnixEpoch ? now - ago : now;
    }
}
