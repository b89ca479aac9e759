namespace VmTools.Linux.ProcessControl;

/// <summary>A program that we started. Its exit is collected by the <see cref="Reaper"/> it was started with.</summary>
public sealed class ChildProcess
{
    private readonly TaskCompletionSource<ExitStatus> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ChildProcess(int pid, FdHandle handle)
    {
        Pid = pid;
        Handle = handle;
        StartTime = Processes.StartTimeOf(pid) ?? 0;
    }

    public int Pid { get; }

    /// <summary>With the pid it names this process for ever: field 22 of /proc/PID/stat.</summary>
    public long StartTime { get; }

    /// <summary>Completes once the process has ended and is reaped; is cancelled where the reaper ends first.</summary>
    public Task<ExitStatus> Exited => _exited.Task;

    internal FdHandle Handle { get; }

    internal IDisposable? Watch { get; set; }

    /// <summary>
    /// Starts a program. A program, working directory or terminal that cannot be used is a <see cref="LinuxException"/>
    /// (ENOENT, EACCES, …); afterwards the only news is the exit.
    /// </summary>
    public static ChildProcess Spawn(SpawnRequest request, Reaper reaper) => reaper.Spawn(request);

    /// <summary>Signals this process and no other; one that has ended is left in peace.</summary>
    public void Signal(Signal signal) => PidFd.Signal(Handle, signal);

    internal void End(ExitStatus status)
    {
        Release();
        _exited.TrySetResult(status);
    }

    internal void Abandon()
    {
        Release();
        _exited.TrySetCanceled();
    }

    private void Release()
    {
        Watch?.Dispose();
        Handle.Dispose();
    }
}
