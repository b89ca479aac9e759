namespace VmTools.Unit.Guest.CrashCollector.Spooling;

/// <summary>Each wait is over at once, and it is later by as much: how pauses add up without waiting for them.</summary>
internal sealed class SleeplessClock : TimeProvider
{
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Add(ref _now, Math.Max(0, dueTime.Ticks));
        return System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
