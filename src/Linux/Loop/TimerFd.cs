using VmTools.Linux.Libc;

namespace VmTools.Linux.Loop;

/// <summary>A one-shot timer that an epoll loop can wait on; on the monotonic clock (timerfd_create(2)).</summary>
public sealed class TimerFd : IDisposable
{
    private const long NanosecondsPerTick = 100;

    public FdHandle Handle { get; } = new(
        Syscall.Check(Native.TimerCreate(Native.ClockMonotonic, Native.EventCloexec | Native.EventNonBlocking), "timerfd_create"));

    /// <summary>Fires once after <paramref name="due"/>; what was set before is forgotten. Zero or less fires at once.</summary>
    public void Set(TimeSpan due) => Arm(due > TimeSpan.Zero ? due : TimeSpan.FromTicks(1));

    public void Clear() => Arm(TimeSpan.Zero);

    /// <summary>True where the timer fired since it was last asked.</summary>
    public bool TryConsume()
    {
        Span<byte> expirations = stackalloc byte[sizeof(ulong)];
        return Fd.TryRead(Handle, expirations, out _) == Errno.None;
    }

    public void Dispose() => Handle.Dispose();

    private unsafe void Arm(TimeSpan due)
    {
        var setting = new TimerSetting
        {
            DueSeconds = due.Ticks / TimeSpan.TicksPerSecond,
            DueNanoseconds = due.Ticks % TimeSpan.TicksPerSecond * NanosecondsPerTick,
        };
        Syscall.Check(Native.TimerSet(Handle, 0, &setting, null), "timerfd_settime");
    }
}
