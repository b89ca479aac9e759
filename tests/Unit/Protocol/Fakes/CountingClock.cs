namespace VmTools.Unit.Protocol.Fakes;

/// <summary>Another clock, and how often somebody has asked it to be woken.</summary>
internal sealed class CountingClock(TimeProvider clock) : TimeProvider
{
    private int _timersSet;

    public int TimersSet => Volatile.Read(ref _timersSet);

    public override long TimestampFrequency => clock.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

    public override long GetTimestamp() => clock.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Count(dueTime);
        return new CountedTimer(this, clock.CreateTimer(callback, state, dueTime, period));
    }

    private void Count(TimeSpan dueTime)
    {
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            Interlocked.Increment(ref _timersSet);
        }
    }

    private sealed class CountedTimer(CountingClock owner, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            owner.Count(dueTime);
            return timer.Change(dueTime, period);
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
