using VmTools.Linux.Libc;
using VmTools.Linux.Loop;

namespace VmTools.Linux.ProcessControl;

/// <summary>
/// Collects the exits of children. An ordinary program waits for each of its own by pidfd and never for "any child", so that
/// it takes no exit from another library. PID 1 (and a subreaper) owns every exit there is: one thread waits for any, looks at
/// who it was under the lock that spawning holds too, and only then collects, so it never takes a child that is not yet
/// registered for an orphan. Neither runs while nothing exits.
/// <para>
/// PID 1 must not use the runtime's handling of signals or its console: as PID 1 the runtime's signal thread then collects
/// every child itself at each SIGCHLD, and code that waits for one of them waits for ever.
/// </para>
/// </summary>
public sealed class Reaper : IAsyncDisposable
{
    private const int StackBytes = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<int, ChildProcess> _children = [];
    private readonly Action<int, ExitStatus>? _orphan;
    private readonly AutoResetEvent _spawned = new(initialState: false);
    private volatile bool _disposed;

    private Reaper(Action<int, ExitStatus>? orphan)
    {
        KeepExitsForUs();
        _orphan = orphan;
        if (orphan is not null)
        {
            new Thread(CollectAll, StackBytes) { IsBackground = true, Name = "reaper" }.Start();
        }
    }

    /// <summary>For an ordinary program.</summary>
    public static Reaper ForChildren() => new(orphan: null);

    /// <summary>For PID 1. Exits of processes that we did not start go to <paramref name="orphan"/>, which must be short.</summary>
    public static Reaper ForInit(Action<int, ExitStatus> orphan) => new(orphan);

    /// <summary>Children that still run are left alone: they outlive us, and init collects them.</summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (var child in _children.Values)
            {
                child.Abandon();
            }

            _children.Clear();
        }

        _spawned.Set();
        return ValueTask.CompletedTask;
    }

    internal ChildProcess Spawn(SpawnRequest request)
    {
        using var spawn = new PosixSpawn(request);
        return _orphan is null ? SpawnAlone(spawn) : SpawnForInit(spawn);
    }

    /// <summary>
    /// Only this call collects the child, so the lock is not held while the kernel loads the program, which may take its time: the
    /// thread that tells of other children's ends, and of all that is ready in this process, takes it too.
    /// </summary>
    private ChildProcess SpawnAlone(PosixSpawn spawn)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var child = Start(spawn);
        lock (_gate)
        {
            if (_disposed)
            {
                child.Abandon();
                return child;
            }

            _children.Add(child.Pid, child);
            child.Watch = Readiness.Once(child.Handle, EpollEvents.In, () => ReapOne(child));
            return child;
        }
    }

    private ChildProcess SpawnForInit(PosixSpawn spawn)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var child = Start(spawn);
            _children.Add(child.Pid, child);
            _spawned.Set();
            return child;
        }
    }

    private static ChildProcess Start(PosixSpawn spawn)
    {
        var pid = spawn.Start();
        return new ChildProcess(pid, HandleOf(pid));
    }

    /// <summary>A child that we can neither watch nor reap must not be left running.</summary>
    private static unsafe FdHandle HandleOf(int pid)
    {
        var outcome = PidFd.TryOpen(pid, out var handle);
        if (outcome != Errno.None)
        {
            _ = Native.Kill(pid, (int)Signal.Kill);
            SignalInformation ended;
            while (Syscall.Interrupted(Native.WaitId(Native.WaitPid, pid, &ended, Native.WaitExited)))
            {
            }

            throw new LinuxException(outcome, "pidfd_open");
        }

        return handle!;
    }

    private void ReapOne(ChildProcess child)
    {
        lock (_gate)
        {
            if (_children.Remove(child.Pid))
            {
                child.End(StatusOf(child));
            }
        }
    }

    private static unsafe ExitStatus StatusOf(ChildProcess child)
    {
        SignalInformation ended = default;
        var id = (int)child.Handle.DangerousGetHandle();
        var result = Native.WaitId(Native.WaitPidFd, id, &ended, Native.WaitExited | Native.WaitNoHang);
        return result == 0 && ended.Pid != 0 ? ExitStatus.Of(ended) : default;
    }

    /// <summary>
    /// Init's thread. A wait for any child cannot be called off: after the end it stays until the next exit, which it leaves alone.
    /// </summary>
    private unsafe void CollectAll()
    {
        while (!_disposed)
        {
            SignalInformation ended = default;
            if (Native.WaitId(Native.WaitAll, 0, &ended, Native.WaitExited | Native.WaitLeave) == 0)
            {
                Collect(ended.Pid);
            }
            else if (Syscall.LastError != Errno.EINTR)
            {
                // There is no child, and where there is none nothing can leave an orphan either.
                _spawned.WaitOne();
            }
        }
    }

    private unsafe void Collect(int pid)
    {
        ChildProcess? child;
        ExitStatus status;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            SignalInformation ended = default;
            var collected = Native.WaitId(Native.WaitPid, pid, &ended, Native.WaitExited | Native.WaitNoHang) == 0 && ended.Pid == pid;
            status = collected ? ExitStatus.Of(ended) : default;
            if (_children.Remove(pid, out child))
            {
                child.End(status);
            }
        }

        if (child is null)
        {
            _orphan!(pid, status);
        }
    }

    /// <summary>A parent may have left SIGCHLD ignored; the kernel would then throw the exit codes away.</summary>
    private static unsafe void KeepExitsForUs()
    {
        // SAFETY: struct sigaction has 152 bytes and begins with the handler on the processors we run on.
        var previous = stackalloc nint[32];
        Syscall.Check(Native.SignalAction((int)Signal.Chld, null, previous), "sigaction");
        if (previous[0] == Native.SignalIgnore)
        {
            _ = Native.SetSignalHandler((int)Signal.Chld, Native.SignalDefault);
        }
    }
}
