namespace VmTools.Linux.Loop;

/// <summary>The set timers by deadline: a binary heap in which every timer knows its place, so moving and removing one is cheap.</summary>
internal sealed class TimerHeap
{
    private readonly List<LoopTimer> _timers = [];

    public LoopTimer? First => _timers.Count > 0 ? _timers[0] : null;

    public void Set(LoopTimer timer, long deadline)
    {
        timer.Deadline = deadline;
        if (timer.Place < 0)
        {
            timer.Place = _timers.Count;
            _timers.Add(timer);
        }

        Settle(timer);
    }

    public void Remove(LoopTimer timer)
    {
        var place = timer.Place;
        if (place < 0)
        {
            return;
        }

        timer.Place = -1;
        var last = _timers[^1];
        _timers.RemoveAt(_timers.Count - 1);
        if (last != timer)
        {
            _timers[place] = last;
            last.Place = place;
            Settle(last);
        }
    }

    private void Settle(LoopTimer timer)
    {
        while (timer.Place > 0 && _timers[(timer.Place - 1) / 2].Deadline > timer.Deadline)
        {
            Swap(timer, _timers[(timer.Place - 1) / 2]);
        }

        while (EarlierChild(timer.Place) is { } child && child.Deadline < timer.Deadline)
        {
            Swap(timer, child);
        }
    }

    private LoopTimer? EarlierChild(int place)
    {
        var left = (2 * place) + 1;
        if (left >= _timers.Count)
        {
            return null;
        }

        var right = left + 1;
        return right < _timers.Count && _timers[right].Deadline < _timers[left].Deadline ? _timers[right] : _timers[left];
    }

    private void Swap(LoopTimer one, LoopTimer other)
    {
        (one.Place, other.Place) = (other.Place, one.Place);
        _timers[one.Place] = one;
        _timers[other.Place] = other;
    }
}
