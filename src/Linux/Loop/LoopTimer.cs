namespace VmTools.Linux.Loop;

/// <summary>A one-shot timer of a loop; setting it again replaces the earlier time. Belongs to the loop's thread.</summary>
public sealed class LoopTimer
{
    private readonly EventLoop _loop;

    internal LoopTimer(EventLoop loop, Action due) => (_loop, Due) = (loop, due);

    public bool IsSet => Place >= 0;

    /// <summary>The place of the timer in the heap of its loop; -1 while it is not set.</summary>
    internal int Place { get; set; } = -1;

    internal long Deadline { get; set; }

    internal Action Due { get; }

    /// <summary>Runs its action once, when <paramref name="due"/> has passed: after a millisecond at least.</summary>
    public void Set(TimeSpan due) => _loop.SetTimer(this, due);

    public void Clear() => _loop.ClearTimer(this);
}
