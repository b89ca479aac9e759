namespace VmTools.Host.VsockDevice.Console;

/// <summary>
/// A token bucket of bytes. Once it is empty it stays shut until a second's worth has come back, so that what is dropped is one gap a
/// second and not every other line.
/// </summary>
internal sealed class ByteBudget
{
    private readonly long _perSecond;
    private readonly long _burst;
    private readonly TimeProvider _clock;
    private long _left;
    private long _since;
    private bool _isShut;

    public ByteBudget(long perSecond, long burst, TimeProvider clock)
    {
        (_perSecond, _burst, _clock, _left) = (perSecond, burst, clock, burst);
        _since = clock.GetTimestamp();
    }

    /// <summary>Whether something may be spent now.</summary>
    public bool IsOpen()
    {
        Refill();
        _isShut = _isShut ? _left < _perSecond : _left <= 0;
        return !_isShut;
    }

    /// <summary>Takes the bytes, even those that are more than was left: the debt is paid before it opens again.</summary>
    public void Spend(long bytes) => _left -= bytes;

    private void Refill()
    {
        var now = _clock.GetTimestamp();
        var earned = (long)(_clock.GetElapsedTime(_since, now).TotalSeconds * _perSecond);
        if (earned > 0)
        {
            _since = now;
            _left = Math.Min(_burst, _left + earned);
        }
    }
}
