namespace VmTools.Host.LogForwarder.Batches;

/// <summary>
/// A token bucket each for records and for bytes (RFC 2697 describes the like). What a VM has not used for up to
/// <see cref="BurstSeconds"/> it may use at once. A rate of 0 is no limit.
/// </summary>
internal sealed class RateLimit(long recordsPerSecond, long bytesPerSecond, TimeProvider clock)
{
    public const int BurstSeconds = 10;

    private long _last = clock.GetTimestamp();
    private double _records = (double)recordsPerSecond * BurstSeconds;
    private double _bytes = (double)bytesPerSecond * BurstSeconds;

    /// <summary>Counts the time that has passed since it was last called; done once for each batch.</summary>
    public void Refill()
    {
        var now = clock.GetTimestamp();
        var passed = clock.GetElapsedTime(_last, now).TotalSeconds;
        _last = now;
        _records = Math.Min(_records + (passed * recordsPerSecond), (double)recordsPerSecond * BurstSeconds);
        _bytes = Math.Min(_bytes + (passed * bytesPerSecond), (double)bytesPerSecond * BurstSeconds);
    }

    /// <summary>Whether a record may come now; asked before its text is looked at.</summary>
    public bool AdmitsRecord => (recordsPerSecond == 0 || _records >= 1) && (bytesPerSecond == 0 || _bytes >= 1);

    /// <summary>Takes what a record of this many bytes costs, or nothing where that is too much.</summary>
    public bool TryTake(int bytes)
    {
        if (!AdmitsRecord || (bytesPerSecond != 0 && _bytes < bytes))
        {
            return false;
        }

        _records -= recordsPerSecond == 0 ? 0 : 1;
        _bytes -= bytesPerSecond == 0 ? 0 : bytes;
        return true;
    }
}
