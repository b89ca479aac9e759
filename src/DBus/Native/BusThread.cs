using System.Runtime.InteropServices;
using VmTools.Linux;

namespace VmTools.DBus.Native;

/// <summary>
/// The one thread that touches an sd_bus. It sleeps in epoll until the bus socket or its own eventfd wakes it; everything
/// else reaches the bus as work posted to it. When the bus goes away, work already posted and work posted later still
/// runs, with the address 0 for "closed", so that nobody waits for an answer that cannot come.
/// </summary>
internal sealed unsafe class BusThread : IDisposable
{
    private const ulong BusToken = 1;
    private const ulong WakeToken = 2;
    private const int PollOut = 4;

    /// <summary>How long replies and signals still queued at the end may take to leave.</summary>
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(1);

    [ThreadStatic]
    private static BusThread? _current;

    private readonly Lock _gate = new();
    private readonly Queue<Action<nint>> _posted = [];
    private readonly Dictionary<nint, IBusTarget> _targets = [];
    private readonly EventFd _wake = new();
    private readonly Epoll _epoll = new();
    private readonly FdHandle _socket;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DBusException?> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private nint _bus;
    private nint _lastTarget;
    private bool _closed;
    private bool _stopping;
    private EpollEvents _watched = EpollEvents.In;
    private DBusException? _fault;

    private BusThread(nint bus)
    {
        _bus = bus;
        _socket = FdHandle.DuplicateOf(SdBusCheck.Result(SdBus.GetFd(bus), "get at the bus socket"));
        _epoll.Add(_socket, _watched, BusToken);
        _epoll.Add(_wake.Handle, EpollEvents.In, WakeToken);
    }

    /// <summary>Whether the library can be loaded; loading twice costs nothing.</summary>
    internal static bool CanLoad => NativeLibrary.TryLoad(SdBus.Library, out _);

    /// <summary>Completes when the bus has said hello; fails when it went away before.</summary>
    internal Task Ready => _ready.Task;

    /// <summary>Completes when the thread has ended: with the cause, or null after <see cref="Stop"/>.</summary>
    internal Task<DBusException?> Finished => _finished.Task;

    /// <summary>Our unique name; known once ready.</summary>
    internal string UniqueName { get; private set; } = "";

    /// <summary>Connects to an address and starts the thread.</summary>
    internal static BusThread Start(string address)
    {
        SdBusCheck.Result(SdBus.New(out var bus), "make a connection");
        try
        {
            SdBusCheck.Result(SdBus.SetAddress(bus, address), $"read the address '{address}'");
            SdBusCheck.Result(SdBus.SetBusClient(bus, 1), "become a client");
            SdBusCheck.Result(SdBus.NegotiateFds(bus, 1), "ask for descriptors");
            if (SdBus.Start(bus) is < 0 and var refused)
            {
                throw NoServer(address, refused);
            }

            var thread = new BusThread(bus);
            new Thread(thread.Run, maxStackSize: 512 * 1024) { IsBackground = true, Name = "dbus" }.Start();
            return thread;
        }
        catch
        {
            SdBus.CloseUnref(bus);
            throw;
        }
    }

    /// <summary>
    /// Runs the work on the bus thread, in the order posted. Its argument is the bus, or 0 when the bus is closed; it must
    /// not throw.
    /// </summary>
    internal void Post(Action<nint> work)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _posted.Enqueue(work);
                if (_posted.Count == 1)
                {
                    _wake.Signal();
                }

                return;
            }
        }

        work(0);
    }

    /// <summary>Lets queued messages leave, closes the bus and ends the thread.</summary>
    internal void Stop() => Post(_ => _stopping = true);

    /// <summary>Names a callback target; the number travels through sd-bus as user data. Bus thread only.</summary>
    internal nint Register(IBusTarget target)
    {
        _targets.Add(++_lastTarget, target);
        return _lastTarget;
    }

    internal void Unregister(nint id) => _targets.Remove(id);

    /// <summary>The handler of everything sd-bus calls back: replies, matches and method calls.</summary>
    internal static delegate* unmanaged<nint, nint, nint, int> Callback => &Dispatch;

    /// <summary>The handler of the bus's answer to a match rule.</summary>
    internal static delegate* unmanaged<nint, nint, nint, int> ConfirmationCallback => &DispatchConfirmation;

    /// <summary>Only after <see cref="Finished"/>.</summary>
    public void Dispose()
    {
        _epoll.Dispose();
        _socket.Dispose();
        _wake.Dispose();
    }

    [UnmanagedCallersOnly]
    private static int Dispatch(nint message, nint user, nint error) =>
        Guarded(user, target => target.Received(message));

    [UnmanagedCallersOnly]
    private static int DispatchConfirmation(nint message, nint user, nint error) =>
        Guarded(user, target =>
        {
            ((MatchTarget)target).Confirmed(message);
            return 0;
        });

    /// <summary>An exception must not unwind through sd-bus: it ends the loop instead, where it becomes the cause.</summary>
    private static int Guarded(nint user, Func<IBusTarget, int> handle)
    {
        var thread = _current!;
        try
        {
            return thread._targets.TryGetValue(user, out var target) ? handle(target) : 0;
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            thread._fault ??= new DBusException(BusErrors.Failed, "Handling a D-Bus message failed.", thrown);
            return 1;
        }
    }

    private void Run()
    {
        _current = this;
        try
        {
            Loop();
            Flush();
        }
        catch (IOException lost)
        {
            _fault ??= lost as DBusException ?? new DBusException(BusErrors.Disconnected, "The bus connection failed.", lost);
        }

        Close();
    }

    private void Loop()
    {
        while (!_stopping && _fault is null)
        {
            RunPosted();
            var processed = SdBus.Process(_bus, null);
            if (processed < 0)
            {
                throw new DBusException(BusErrors.Disconnected, $"The bus ended the connection ({(Errno)(-processed)}).");
            }

            NoteReady();
            if (processed == 0 && !_stopping)
            {
                Wait(Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void NoteReady()
    {
        if (!_ready.Task.IsCompleted && SdBus.IsReady(_bus) > 0)
        {
            SdBusCheck.Result(SdBus.GetUniqueName(_bus, out var name), "learn our own name");
            UniqueName = Utf8Text.From(name)!;
            _ready.TrySetResult();
        }
    }

    private void Wait(TimeSpan limit)
    {
        var wanted = (SdBusCheck.Result(SdBus.GetEvents(_bus), "poll") & PollOut) != 0
            ? EpollEvents.In | EpollEvents.Out
            : EpollEvents.In;
        if (wanted != _watched)
        {
            _epoll.Modify(_socket, wanted, BusToken);
            _watched = wanted;
        }

        Span<EpollEvent> events = stackalloc EpollEvent[2];
        var count = _epoll.Wait(events, WaitMilliseconds(limit));
        for (var index = 0; index < count; index++)
        {
            if (events[index].Token == WakeToken)
            {
                _wake.TryConsume(out _);
            }
        }
    }

    /// <summary>sd-bus has a deadline of its own only while it connects; calls get theirs from us.</summary>
    private int WaitMilliseconds(TimeSpan limit)
    {
        SdBusCheck.Result(SdBus.GetTimeout(_bus, out var due), "poll");
        var own = limit == Timeout.InfiniteTimeSpan ? -1 : (int)limit.TotalMilliseconds;
        if (due == SdBus.NoTimeout)
        {
            return own;
        }

        // The runtime's timestamp is CLOCK_MONOTONIC in nanoseconds, sd-bus's the same clock in microseconds.
        var now = (ulong)TimeProvider.System.GetTimestamp() / 1000;
        var left = due <= now ? 0 : (int)Math.Min((due - now + 999) / 1000, int.MaxValue);
        return own < 0 ? left : Math.Min(own, left);
    }

    private void RunPosted()
    {
        while (TryTakePosted(out var work))
        {
            work(_bus);
        }
    }

    private bool TryTakePosted(out Action<nint> work)
    {
        lock (_gate)
        {
            return _posted.TryDequeue(out work!);
        }
    }

    /// <summary>A bus that does not read is left after <see cref="FlushLimit"/>; it has lost interest in us.</summary>
    private void Flush()
    {
        var start = TimeProvider.System.GetTimestamp();
        while (_fault is null
            && SdBus.GetQueuedWrites(_bus, out var queued) >= 0 && queued > 0
            && FlushLimit - TimeProvider.System.GetElapsedTime(start) is var left && left > TimeSpan.Zero)
        {
            if (SdBus.Process(_bus, null) == 0)
            {
                Wait(left);
            }
        }
    }

    /// <summary>Everything that waits on the bus is told, then the bus goes. Slots and messages would keep it alive.</summary>
    private void Close()
    {
        lock (_gate)
        {
            _closed = true;
        }

        while (TryTakePosted(out var work))
        {
            work(0);
        }

        var why = _fault ?? new DBusException(BusErrors.Disconnected, "The bus connection was closed.");
        foreach (var target in _targets.Values.ToArray())
        {
            target.Closed(why);
        }

        _ready.TrySetException(why);
        _ = _ready.Task.Exception;
        SdBus.CloseUnref(_bus);
        _bus = 0;
        _finished.SetResult(_fault);
    }

    private static DBusException NoServer(string address, int refused)
    {
        var errno = (Errno)(-refused);
        return new DBusException(BusErrors.NoServer, $"There is no bus at '{address}' ({errno}).", new LinuxException(errno, "connect", address));
    }
}
