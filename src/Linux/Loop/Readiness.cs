namespace VmTools.Linux.Loop;

/// <summary>
/// Tells when an fd becomes ready that the runtime has no waiter for: pidfds, vsock listeners, standard streams. One epoll
/// thread serves the whole process and lives as long as it does, because watches outlive the first caller; it sleeps while
/// nothing happens.
/// An fd has one watch at a time, and the watch keeps it open.
/// </summary>
public static class Readiness
{
    private const int StackBytes = 256 * 1024;

    private static readonly Lock Gate = new();
    private static readonly Epoll Waiting = new();
    private static readonly Dictionary<ulong, Watch> Watches = [];
    private static ulong _lastToken;

    /// <summary>Runs at the first use, so a program that watches nothing has no such thread.</summary>
    static Readiness() => new Thread(Run, StackBytes) { IsBackground = true, Name = "readiness" }.Start();

    /// <summary>Calls <paramref name="ready"/> once, on the epoll thread: it must be short. Disposing before that withdraws it.</summary>
    public static IDisposable Once(FdHandle fd, EpollEvents events, Action ready)
    {
        var held = false;
        fd.DangerousAddRef(ref held);
        lock (Gate)
        {
            var watch = new Watch(fd, ++_lastToken, ready);
            try
            {
                Waiting.Add(fd, events, watch.Token);
            }
            catch
            {
                fd.DangerousRelease();
                throw;
            }

            Watches.Add(watch.Token, watch);
            return watch;
        }
    }

    public static async Task WaitAsync(FdHandle fd, EpollEvents events, CancellationToken cancel)
    {
        var happened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = Once(fd, events, () => happened.TrySetResult());
        await happened.Task.WaitAsync(cancel);
    }

    private static bool Withdraw(Watch watch)
    {
        lock (Gate)
        {
            if (!Watches.Remove(watch.Token))
            {
                return false;
            }

            Waiting.Remove(watch.Number);
            watch.Fd.DangerousRelease();
            return true;
        }
    }

    private static void Run()
    {
        var events = new EpollEvent[64];
        while (true)
        {
            var count = Waiting.Wait(events, -1);
            for (var i = 0; i < count; i++)
            {
                Watch? watch;
                lock (Gate)
                {
                    Watches.TryGetValue(events[i].Token, out watch);
                }

                if (watch is not null && Withdraw(watch))
                {
                    watch.Ready();
                }
            }
        }
    }

    private sealed class Watch(FdHandle fd, ulong token, Action ready) : IDisposable
    {
        public FdHandle Fd => fd;

        public int Number { get; } = (int)fd.DangerousGetHandle();

        public ulong Token => token;

        public Action Ready => ready;

        public void Dispose() => Withdraw(this);
    }
}
