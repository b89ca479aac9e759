using VmTools.Linux;
using VmTools.Linux.Loop;

namespace VmTools.Guest.Vshd.Loop;

/// <summary>
/// One thread that waits for all descriptors of all sessions and runs what they wake. Terminals and pipes cannot be awaited
/// with .NET's own I/O, and on one processor a hand-over between threads costs more than the work itself.
/// </summary>
internal sealed class FdLoop : IAsyncDisposable
{
    private readonly EventLoop _loop;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Queue<LoopSignal> _ready = new();
    private Queue<LoopSignal> _turn = new();
    private bool _stopping;

    public FdLoop(string name, TimeProvider clock)
    {
        _loop = new EventLoop(clock);
        new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Completes when the loop has stopped; carries what broke it, if anything did.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Runs <paramref name="work"/> on the loop's thread; from any thread.</summary>
    public void Post(Action work) => _loop.Post(work);

    /// <summary>Runs asynchronous work on the loop's thread; complete when the work is, or when the loop has broken.</summary>
    public async Task RunAsync(Func<Task> work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => _ = FinishAsync(work, done));
        await await Task.WhenAny(done.Task, _ended.Task);
    }

    /// <summary>Takes over a descriptor, which must be non-blocking. Loop thread only.</summary>
    public WatchedFd Watch(FdHandle handle, LoopSignal wake) => new(_loop, handle, wake);

    /// <summary>A timer that is not set yet. Loop thread only.</summary>
    public LoopTimer AddTimer(Action due) => _loop.AddTimer(due);

    /// <summary>Ends the thread. Each user of the loop has ended its own work before.</summary>
    public async ValueTask DisposeAsync()
    {
        _loop.Post(() => _stopping = true);
        await _ended.Task;
        _loop.Dispose();
    }

    internal void Schedule(LoopSignal signal) => _ready.Enqueue(signal);

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
            while (!_stopping)
            {
                _loop.Turn(_ready.Count > 0 ? TimeSpan.Zero : Timeout.InfiniteTimeSpan);
                RunReady();
            }

            _ended.SetResult();
        }
        catch (Exception failure)
        {
            _ended.SetException(failure);
        }
    }

    /// <summary>
    /// Each signal that is ready now gets one run; what they raise again waits for the next turn, so none starves another.
    /// </summary>
    private void RunReady()
    {
        (_turn, _ready) = (_ready, _turn);
        while (_turn.TryDequeue(out var signal))
        {
            signal.Resume();
        }
    }
}
