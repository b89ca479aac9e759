namespace VmTools.Host.LogForwarder.Batches;

/// <summary>
/// What time a record may claim: not long before its VM started, and not after now but for clocks that differ a little. A record
/// that claims another gets the time at which it arrived.
/// </summary>
internal readonly record struct TimeBounds(DateTimeOffset Earliest, DateTimeOffset Now)
{
    private const int NanosecondsPerSecond = 1_000_000_000;
    private const int NanosecondsPerTick = 100;

    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(1);

    public DateTimeOffset Bound(in GuestRecord record)
    {
        // The seconds are compared as numbers first, since a guest can claim years that no date has.
        if (record.Seconds < Earliest.ToUnixTimeSeconds()
            || record.Seconds > Now.ToUnixTimeSeconds() + (long)Ahead.TotalSeconds
            || record.Nanoseconds is < 0 or >= NanosecondsPerSecond)
        {
            return Now;
        }

        return DateTimeOffset.FromUnixTimeSeconds(record.Seconds).AddTicks(record.Nanoseconds / NanosecondsPerTick);
    }
}
