using VmTools.Linux.Loop;

namespace VmTools.Guest.Syslog.Input;

/// <summary>One thread that waits for all sources and reads them in turns. It waits for nothing else: programs wait for it.</summary>
internal sealed class InputLoop : IDisposable
{
    private const int StackBytes = 256 * 1024;
    private const int TurnsPerWait = 16;

    private readonly EventLoop _loop;
    private readonly IReadOnlyList<ILogSource> _sources;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isStopping;

    public InputLoop(IReadOnlyList<ILogSource> sources, TimeProvider clock)
    {
        _loop = new EventLoop(clock);
        _sources = sources;
        foreach (var source in sources)
        {
            _loop.Watch(source.Handle, EpollEvents.In, static _ => { });
        }

        new Thread(Run, StackBytes) { IsBackground = true, Name = "log input" }.Start();
    }

    /// <summary>Completes when the loop has stopped; carries what broke it, if anything did.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Reads what is there at this moment, and ends.</summary>
    public Task StopAsync()
    {
        _loop.Post(() => _isStopping = true);
        return _ended.Task;
    }

    public void Dispose() => _loop.Dispose();

    private void Run()
    {
        try
        {
            while (!_isStopping)
            {
                _loop.Turn(Timeout.InfiniteTimeSpan);
                ReadAll();
            }

            _ended.SetResult();
        }
        catch (Exception failure)
        {
            _ended.SetException(failure);
        }
    }

    /// <summary>Until none has anything left, but not for ever: a program that logs without pause must not prevent the stop.</summary>
    private void ReadAll()
    {
        var isMore = true;
        for (var turn = 0; isMore && turn < TurnsPerWait; turn++)
        {
            isMore = false;
            foreach (var source in _sources)
            {
                isMore |= source.ReadSome();
            }
        }
    }
}
