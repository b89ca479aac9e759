using VmTools.Linux.Loop;

namespace VmTools.Guest.Vshd.Loop;

/// <summary>Raises a signal when a time is over, and again for each new time it is given. Loop thread only.</summary>
internal sealed class LoopDeadline : IDisposable
{
    private readonly LoopTimer _timer;
    private readonly LoopSignal _wake;

    /// <summary>Begins to count; an infinite time waits for <see cref="Restart"/>.</summary>
    public LoopDeadline(FdLoop loop, TimeSpan due, LoopSignal wake)
    {
        _wake = wake;
        _timer = loop.AddTimer(Pass);
        if (due != Timeout.InfiniteTimeSpan)
        {
            _timer.Set(due);
        }
    }

    public bool HasPassed { get; private set; }

    /// <summary>Starts anew, from now.</summary>
    public void Restart(TimeSpan due)
    {
        HasPassed = false;
        _timer.Set(due);
    }

    public void Dispose() => _timer.Clear();

    private void Pass()
    {
        HasPassed = true;
        _wake.Raise();
    }
}
