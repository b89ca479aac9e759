namespace VmTools.Virtio.Loop;

/// <summary>A timer and its place in the heap of its loop.</summary>
internal sealed class LoopTimer(EventLoop loop, Action due) : ILoopTimer
{
    /// <summary>Index in the heap; -1 while not set.</summary>
    public int Place { get; set; } = -1;

    public long Deadline { get; set; }

    public Action Due { get; } = due;

    public bool IsSet => Place >= 0;

    public void Set(TimeSpan due) => loop.SetTimer(this, due);

    public void Clear() => loop.ClearTimer(this);
}
