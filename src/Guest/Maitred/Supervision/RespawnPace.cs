namespace VmTools.Guest.Maitred.Supervision;

/// <summary>
/// Says when a process that was to stay is started again: at once, as often as the window allows. After that an ordinary program is given
/// up, and one that the VM needs is tried for ever, with pauses that grow, until it has lived for a while again.
/// </summary>
internal sealed class RespawnPace(TimeProvider clock, bool isNeeded)
{
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>A program that has lived so long has recovered.</summary>
    public static readonly TimeSpan LongLife = TimeSpan.FromMinutes(1);

    private readonly RespawnWindow _window = new(clock);
    private readonly BackOff _backOff = new(FirstPause, LongestPause);
    private long _started;

    public void Started()
    {
        _started = clock.GetTimestamp();
        _window.Started();
    }

    /// <summary>How long to wait before the next start; null when there is to be none.</summary>
    public TimeSpan? PauseBeforeNext()
    {
        if (!isNeeded)
        {
            return _window.MayStartAgain() ? TimeSpan.Zero : null;
        }

        if (clock.GetElapsedTime(_started) >= LongLife)
        {
            _backOff.Reset();
        }

        return !_backOff.HasBegun && _window.MayStartAgain() ? TimeSpan.Zero : _backOff.Next();
    }
}
