using System.Collections.Concurrent;
using VmTools.Linux;

namespace VmTools.Guest.Vshd.Loop;

/// <summary>
/// One thread that waits for all descriptors of all sessions and runs what they wake. Terminals and pipes cannot be awaited
/// with .NET's own I/O, and on one processor a hand-over between threads costs more than the work itself.
/// </summary>
internal sealed class FdLoop : IAsyncDisposable
{
    private const ulong WakeToken = 0;
    private const int EventsPerTurn = 64;
    private const int Forever = -1;

    private readonly Epoll _epoll = new();
    private readonly EventFd _wake = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Dictionary<ulong, WatchedFd> _watched = [];
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private Queue<LoopSignal> _ready = new();
    private Queue<LoopSignal> _turn = new();
    private ulong _lastToken = WakeToken;
    private volatile bool _stopping;

    public FdLoop(string name)
    {
        _epoll.Add(_wake.Handle, EpollEvents.In, WakeToken);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Completes when the loop has stopped; carries what broke it, if anything did.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Runs <paramref name="work"/> on the loop's thread; from any thread.</summary>
    public void Post(Action work)
    {
        _posted.Enqueue(work);
        _wake.Signal();
    }

    /// <summary>Runs asynchronous work on the loop's thread; complete when the work is, or when the loop has broken.</summary>
    public async Task RunAsync(Func<Task> work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => _ = FinishAsync(work, done));
        await await Task.WhenAny(done.Task, _ended.Task);
    }

    /// <summary>Takes over a descriptor, which must be non-blocking. Loop thread only.</summary>
    public WatchedFd Watch(FdHandle handle, LoopSignal wake)
    {
        var watched = new WatchedFd(this, handle, wake, ++_lastToken);
        _epoll.Add(
            handle,
            EpollEvents.In | EpollEvents.Out | EpollEvents.ReadHangUp | EpollEvents.EdgeTriggered,
            _lastToken);
        _watched.Add(_lastToken, watched);
        return watched;
    }

    /// <summary>Ends the thread. Whoever uses the loop has ended its own work before.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        _wake.Signal();
        await _ended.Task;
        _epoll.Dispose();
        _wake.Dispose();
    }

    internal void Schedule(LoopSignal signal) => _ready.Enqueue(signal);

    internal void Forget(ulong token) => _watched.Remove(token);

    private static async Task FinishAsync(Func<Task> work, TaskCompletionSource done)
    {
        try
        {
            await work();
            done.SetResult();
        }
        catch (Exception failure)
        {
            done.SetException(failure);
        }
    }

    private void Run()
    {
        try
        {
            var events = new EpollEvent[EventsPerTurn];
            while (!_stopping)
            {
                var count = _epoll.Wait(events, _ready.Count > 0 || !_posted.IsEmpty ? 0 : Forever);
                for (var i = 0; i < count; i++)
                {
                    Happened(events[i]);
                }

                RunPosted();
                RunReady();
            }

            _ended.SetResult();
        }
        catch (Exception failure)
        {
            _ended.SetException(failure);
        }
    }

    private void Happened(EpollEvent happened)
    {
        if (happened.Token == WakeToken)
        {
            _wake.TryConsume(out _);
        }
        else if (_watched.TryGetValue(happened.Token, out var watched))
        {
            watched.Happened(happened.Events);
        }
    }

    private void RunPosted()
    {
        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var work); left--)
        {
            work();
        }
    }

    /// <summary>Each signal that is ready now gets one run; what they raise again waits for the next turn, so nobody starves.</summary>
    private void RunReady()
    {
        (_turn, _ready) = (_ready, _turn);
        while (_turn.TryDequeue(out var signal))
        {
            signal.Resume();
        }
    }
}
