namespace VmTools.Host.Cicerone.Vms;

/// <summary>
/// How many messages of one kind each sender may still send: a token bucket for each, which a restart of the sender does not fill. One that
/// has sent none for long has no entry.
/// </summary>
internal abstract class Allowance<TSender>(int burst, int perHour, TimeProvider clock)
    where TSender : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TSender, (double Left, long At)> _buckets = [];

    public bool TryTake(TSender sender)
    {
        lock (_lock)
        {
            Forget();
            var left = Left(sender);
            if (left < 1)
            {
                return false;
            }

            _buckets[sender] = (left - 1, clock.GetTimestamp());
            return true;
        }
    }

    /// <summary>The message it was taken for could not be kept, and will come again.</summary>
    public void GiveBack(TSender sender)
    {
        lock (_lock)
        {
            _buckets[sender] = (Math.Min(Left(sender) + 1, burst), clock.GetTimestamp());
        }
    }

    private double Left(TSender sender) =>
        _buckets.TryGetValue(sender, out var bucket)
            ? Math.Min(bucket.Left + (clock.GetElapsedTime(bucket.At).TotalHours * perHour), burst)
            : burst;

    private void Forget()
    {
        foreach (var full in _buckets.Keys.Where(sender => Left(sender) >= burst).ToList())
        {
            _buckets.Remove(full);
        }
    }
}
