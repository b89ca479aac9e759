using VmTools.Host.Vms;

namespace VmTools.Host.Cicerone.Vms;

/// <summary>
/// How many messages of one kind each VM may still send: a token bucket for each name, which a restart of the VM does not fill. A VM that
/// has sent none for long has no entry.
/// </summary>
internal sealed class VmAllowance(int burst, int perHour, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<VmId, (double Left, long At)> _buckets = [];

    public bool TryTake(VmId vm)
    {
        lock (_lock)
        {
            Forget();
            var left = Left(vm);
            if (left < 1)
            {
                return false;
            }

            _buckets[vm] = (left - 1, clock.GetTimestamp());
            return true;
        }
    }

    /// <summary>The message it was taken for could not be kept, and will come again.</summary>
    public void GiveBack(VmId vm)
    {
        lock (_lock)
        {
            _buckets[vm] = (Math.Min(Left(vm) + 1, burst), clock.GetTimestamp());
        }
    }

    private double Left(VmId vm) =>
        _buckets.TryGetValue(vm, out var bucket)
            ? Math.Min(bucket.Left + (clock.GetElapsedTime(bucket.At).TotalHours * perHour), burst)
            : burst;

    private void Forget()
    {
        foreach (var full in _buckets.Keys.Where(vm => Left(vm) >= burst).ToList())
        {
            _buckets.Remove(full);
        }
    }
}
