namespace VmTools.Guest.Maitred.Supervision;

/// <summary>
/// How often one process may be started: at most ten times within thirty seconds, the first start included. The tenth exit
/// inside the window is final; there is no back-off below that.
/// </summary>
internal sealed class RespawnWindow(TimeProvider clock)
{
    public const int MaxStarts = 10;
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    private readonly Queue<long> _starts = new();

    public void Started() => _starts.Enqueue(clock.GetTimestamp());

    public bool MayStartAgain()
    {
        while (_starts.TryPeek(out var oldest) && clock.GetElapsedTime(oldest) > Length)
        {
            _starts.Dequeue();
        }

        return _starts.Count < MaxStarts;
    }
}
