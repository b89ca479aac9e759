using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Crashes;

/// <summary>Lets one refusal of a kind and a VM be told a minute, and counts the others.</summary>
internal sealed class RefusalThrottle(TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<(Cid, TakeOutcome), (long At, long Untold)> _told = [];

    /// <summary><paramref name="untold"/>: how many were not told since the last that was.</summary>
    public bool MayTell(Cid cid, TakeOutcome outcome, out long untold)
    {
        lock (_lock)
        {
            untold = 0;
            if (_told.TryGetValue((cid, outcome), out var last) && clock.GetElapsedTime(last.At) < Pause)
            {
                _told[(cid, outcome)] = last with { Untold = last.Untold + 1 };
                return false;
            }

            untold = last.Untold;
            Forget();
            _told[(cid, outcome)] = (clock.GetTimestamp(), 0);
            return true;
        }
    }

    /// <summary>CIDs are used up, so those of former VMs would add up.</summary>
    private void Forget()
    {
        foreach (var old in _told.Where(pair => clock.GetElapsedTime(pair.Value.At) > Pause && pair.Value.Untold == 0)
            .Select(pair => pair.Key).ToList())
        {
            _told.Remove(old);
        }
    }
}
