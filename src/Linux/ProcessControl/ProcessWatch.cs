using VmTools.Linux.Loop;

namespace VmTools.Linux.ProcessControl;

/// <summary>A process that need not be our child, such as a VMM that an earlier run of this daemon started.</summary>
public sealed class ProcessWatch : IDisposable
{
    private readonly TaskCompletionSource _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FdHandle _process;
    private readonly IDisposable _watch;

    private ProcessWatch(FdHandle process)
    {
        _process = process;
        _watch = Readiness.Once(process, EpollEvents.In, () => _exited.TrySetResult());
    }

    /// <summary>Completes when the process has ended; is cancelled where the watch is disposed first.</summary>
    public Task Exited => _exited.Task;

    /// <summary>Null where that process is gone, even if its number lives on in another.</summary>
    public static ProcessWatch? TryOpen(int pid, long startTime)
    {
        if (pid <= 0)
        {
            return null;
        }

        var outcome = PidFd.TryOpen(pid, out var process);
        if (outcome == Errno.ESRCH)
        {
            return null;
        }

        Syscall.Check(outcome, "pidfd_open");

        // Only now: the fd pins the process, so an equal start time proves that it is the one that was meant.
        if (!Processes.IsAlive(pid, startTime))
        {
            process!.Dispose();
            return null;
        }

        return new ProcessWatch(process!);
    }

    public void Signal(Signal signal) => PidFd.Signal(_process, signal);

    public void Dispose()
    {
        _watch.Dispose();
        _exited.TrySetCanceled();
        _process.Dispose();
    }
}
