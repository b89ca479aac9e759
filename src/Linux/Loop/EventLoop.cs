namespace VmTools.Linux.Loop;

/// <summary>
/// One thread's loop over epoll and one timerfd (epoll(7), timerfd_create(2)): readiness of fds, timers, and work for the next turn. It
/// blocks without limit when nothing is due, so an idle program never wakes up. Each turn runs the ready fds, then the due timers,
/// then what was posted before the turn. Everything but <see cref="Post"/> belongs to the thread that runs the turns.
/// </summary>
public sealed class EventLoop : IDisposable
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
    private readonly Lock _gate = new();
    private int _thread;
    private long _armed = long.MaxValue;

    /// <summary>Timers count on <paramref name="clock"/>, which only a test lets stand still: the wait for them is real time.</summary>
    /// <exception cref="LinuxException">The process may have no further fds.</exception>
    public EventLoop(TimeProvider clock)
    {
        _clock = clock;
        _origin = clock.GetTimestamp();
        Watch(_timerFd.Handle, EpollEvents.In, _ => TimerFired());
        Watch(_wake.Handle, EpollEvents.In, _ => _wake.TryConsume(out ulong _));
    }

    /// <summary>Milliseconds since the loop was made, on a clock that only goes forward.</summary>
    public long Now => (long)_clock.GetElapsedTime(_origin).TotalMilliseconds;

    /// <summary>
    /// Calls <paramref name="ready"/> whenever the fd is ready, until <see cref="Unwatch"/>, which must come before the fd is closed.
    /// </summary>
    /// <exception cref="LinuxException">The kernel cannot wait for this kind of file, or watches it for this loop already.</exception>
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

    /// <summary>Waits for other events from now on; does nothing for a watch that has ended.</summary>
    public void Modify(FdWatch watch, EpollEvents events)
    {
        if (Find(watch) is { } slot)
        {
            _epoll.Modify(slot.Fd!, events, watch.Token);
        }
    }

    /// <summary>Ends a watch; an event already fetched for it is dropped. Does nothing for a watch that has ended.</summary>
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

    /// <summary>A timer that is not set yet.</summary>
    public LoopTimer AddTimer(Action due) => new(this, due);

    /// <summary>
    /// Runs an action once on the next turn, after the fds that are ready by then. May be called from any thread; only from another
    /// than the loop's does it cost a system call, to wake the loop.
    /// </summary>
    public void Post(Action action)
    {
        bool mayBeAsleep;
        lock (_gate)
        {
            // A turn looks at what was posted before it waits, and says under this lock which thread it runs on.
            mayBeAsleep = _posted.Count == 0 && _thread != Environment.CurrentManagedThreadId;
            _posted.Add(action);
        }

        if (mayBeAsleep)
        {
            _wake.Signal();
        }
    }

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
        lock (_gate)
        {
            _thread = Environment.CurrentManagedThreadId;
            (_running, _posted) = (_posted, _running);
        }

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
        watch.IsSet
        && (uint)watch.Slot < (uint)_slots.Count
        && _slots[watch.Slot] is { Fd: not null } slot
        && slot.Generation == watch.Generation
            ? slot
            : null;

    /// <summary>
    /// Touches the timerfd only when the earliest deadline came nearer or no timer is left; a late one is re-armed as it fires.
    /// </summary>
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
