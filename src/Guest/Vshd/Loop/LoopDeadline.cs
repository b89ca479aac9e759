namespace VmTools.Guest.Vshd.Loop;

/// <summary>Raises a signal on the loop's thread when a time is over, and again for each new time it is given.</summary>
internal sealed class LoopDeadline : IDisposable
{
    private readonly ITimer _timer;
    private int _generation;

    public LoopDeadline(FdLoop loop, TimeProvider clock, TimeSpan due, LoopSignal wake) =>
        _timer = clock.CreateTimer(_ => Passed(loop, wake), null, due, Timeout.InfiniteTimeSpan);

    public bool HasPassed { get; private set; }

    /// <summary>Starts anew, from now. Loop thread only.</summary>
    public void Restart(TimeSpan due)
    {
        Interlocked.Increment(ref _generation);
        HasPassed = false;
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>On a timer thread: a time that was given anew before the loop came to see this one does not count.</summary>
    private void Passed(FdLoop loop, LoopSignal wake)
    {
        var generation = Volatile.Read(ref _generation);
        loop.Post(() =>
        {
            if (generation == Volatile.Read(ref _generation))
            {
                HasPassed = true;
                wake.Raise();
            }
        });
    }
}
