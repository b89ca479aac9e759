using VmTools.Linux;

namespace VmTools.Virtio.Loop;

/// <summary>
/// The loop over epoll and one timerfd. Blocks without limit when nothing is due: an idle device never wakes up. Each turn runs the
/// ready fds, then the due timers, then what was posted before the turn.
/// </summary>
public sealed class EventLoop : IEventLoop, IDisposable
{
    private const int EventsPerTurn = 64;

    private readonly TimeProvider _clock;
    private readonly long _origin;
    private readonly Epoll _epoll = new();
    private readonly TimerFd _timerFd = new();
    private readonly EventFd _wake = new();
    private readonly TimerHeap _timers = new();
    private readonly List<Slot> _slots = [];
    private readonly Stack<int> _free = new();
    private readonly EpollEvent[] _events = new EpollEvent[EventsPerTurn];
    private List<Action> _posted = [];
    private List<Action> _running = [];
    private long _armed = long.MaxValue;

    public EventLoop(TimeProvider clock)
    {
        _clock = clock;
        _origin = clock.GetTimestamp();
        Watch(_timerFd.Handle, EpollEvents.In, _ => TimerFired());
        Watch(_wake.Handle, EpollEvents.In, _ => _wake.TryConsume(out ulong _));
    }

    public long Now => (long)_clock.GetElapsedTime(_origin).TotalMilliseconds;

    public FdWatch Watch(FdHandle fd, EpollEvents events, Action<EpollEvents> ready)
    {
        if (!_free.TryPop(out var place))
        {
            place = _slots.Count;
            _slots.Add(new Slot());
        }

        var slot = _slots[place];
        var watch = new FdWatch(place, slot.Generation);
        try
        {
            _epoll.Add(fd, events, watch.Token);
        }
        catch
        {
            _free.Push(place);
            throw;
        }

        slot.Fd = fd;
        slot.Ready = ready;
        return watch;
    }

    public void Modify(FdWatch watch, EpollEvents events)
    {
        if (Find(watch) is { } slot)
        {
            _epoll.Modify(slot.Fd!, events, watch.Token);
        }
    }

    public void Unwatch(FdWatch watch)
    {
        if (Find(watch) is { } slot)
        {
            _epoll.Remove(slot.Fd!);
            slot.Fd = null;
            slot.Ready = null;
            slot.Generation = slot.Generation == uint.MaxValue ? 1 : slot.Generation + 1;
            _free.Push(watch.Slot);
        }
    }

    public ILoopTimer AddTimer(Action due) => new LoopTimer(this, due);

    public void Post(Action action) => _posted.Add(action);

    /// <summary>Runs turns until cancelled; the token may be cancelled from any thread.</summary>
    public void Run(CancellationToken cancel)
    {
        using var wake = cancel.Register(_wake.Signal);
        while (!cancel.IsCancellationRequested)
        {
            Turn(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>One turn; waits at most <paramref name="limit"/> for something to do. True when anything was done.</summary>
    public bool Turn(TimeSpan limit)
    {
        ArmTimer();
        (_running, _posted) = (_posted, _running);
        var wait = _running.Count > 0 ? 0 : limit == Timeout.InfiniteTimeSpan ? -1 : (int)limit.TotalMilliseconds;
        var count = _epoll.Wait(_events, wait);
        for (var i = 0; i < count; i++)
        {
            Find(FdWatch.FromToken(_events[i].Token))?.Ready?.Invoke(_events[i].Events);
        }

        var timers = RunDueTimers();
        return RunPosted() || timers || count > 0;
    }

    public void Dispose()
    {
        _epoll.Dispose();
        _timerFd.Dispose();
        _wake.Dispose();
    }

    internal void SetTimer(LoopTimer timer, TimeSpan due) =>
        _timers.Set(timer, Now + (long)Math.Ceiling(Math.Max(1, due.TotalMilliseconds)));

    internal void ClearTimer(LoopTimer timer) => _timers.Remove(timer);

    private Slot? Find(FdWatch watch) =>
        watch.IsSet && (uint)watch.Slot < (uint)_slots.Count && _slots[watch.Slot] is { Fd: not null } slot && slot.Generation == watch.Generation
            ? slot
            : null;

    /// <summary>Touches the timerfd only when the earliest deadline came nearer or no timer is left; a late one is re-armed as it fires.</summary>
    private void ArmTimer()
    {
        var first = _timers.First?.Deadline ?? long.MaxValue;
        if (first < _armed)
        {
            _timerFd.Set(TimeSpan.FromMilliseconds(Math.Max(1, first - Now)));
            _armed = first;
        }
        else if (first == long.MaxValue && _armed != long.MaxValue)
        {
            _timerFd.Clear();
            _armed = long.MaxValue;
        }
    }

    private void TimerFired()
    {
        _timerFd.TryConsume();
        _armed = long.MaxValue;
    }

    private bool RunDueTimers()
    {
        var any = false;
        if (_timers.First is null)
        {
            return any;
        }

        var now = Now;
        while (_timers.First is { } first && first.Deadline <= now)
        {
            _timers.Remove(first);
            first.Due();
            any = true;
        }

        return any;
    }

    private bool RunPosted()
    {
        if (_running.Count == 0)
        {
            return false;
        }

        foreach (var action in _running)
        {
            action();
        }

        _running.Clear();
        return true;
    }

    private sealed class Slot
    {
        public uint Generation { get; set; } = 1;

        public FdHandle? Fd { get; set; }

        public Action<EpollEvents>? Ready { get; set; }
    }
}
