using VmTools.Linux;

namespace VmTools.Guest.Syslog.Input;

/// <summary>One thread that waits for all sources and reads them in turns. It waits for nothing else: programs wait for it.</summary>
internal sealed class InputLoop : IDisposable
{
    private const int StackBytes = 256 * 1024;
    private const int TurnsPerWait = 16;
    private const ulong StopToken = ulong.MaxValue;

    private readonly Epoll _epoll = new();
    private readonly EventFd _stop = new();
    private readonly IReadOnlyList<ILogSource> _sources;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public InputLoop(IReadOnlyList<ILogSource> sources)
    {
        _sources = sources;
        _epoll.Add(_stop.Handle, EpollEvents.In, StopToken);
        for (var i = 0; i < sources.Count; i++)
        {
            _epoll.Add(sources[i].Handle, EpollEvents.In, (ulong)i);
        }

        new Thread(Run, StackBytes) { IsBackground = true, Name = "log input" }.Start();
    }

    /// <summary>Completes when the loop has stopped; carries what broke it, if anything did.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Reads what is there at this moment, and ends.</summary>
    public Task StopAsync()
    {
        _stop.Signal();
        return _ended.Task;
    }

    public void Dispose()
    {
        _epoll.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        try
        {
            var events = new EpollEvent[_sources.Count + 1];
            var isStopping = false;
            while (!isStopping)
            {
                var count = _epoll.Wait(events, -1);
                for (var i = 0; i < count; i++)
                {
                    isStopping |= events[i].Token == StopToken;
                }

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
