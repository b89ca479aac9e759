namespace VmTools.Virtio.VhostUser;

/// <summary>
/// Notices a guest that kicks without offering anything: a driver kicks after it moved its index, so kicks in a row that find the
/// index unmoved are of no use and cost the device a wake-up each.
/// </summary>
internal sealed class KickStorm
{
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private const int Limit = 64;
    private const long WindowMilliseconds = 100;

    private ushort _lastIndex;
    private int _useless;
    private long _since;

    /// <summary>True when the device should not listen to the ring's kicks for <see cref="Pause"/>.</summary>
    public bool IsStorm(ushort driverIndex, long now)
    {
        if (driverIndex != _lastIndex || now - _since > WindowMilliseconds)
        {
            _lastIndex = driverIndex;
            _useless = 0;
            _since = now;
            return false;
        }

        if (++_useless < Limit)
        {
            return false;
        }

        _useless = 0;
        return true;
    }
}
