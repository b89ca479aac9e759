using VmTools.Linux;

namespace VmTools.Virtio.Loop;

/// <summary>The single thread of a device: readiness of fds, timers and work for the next turn. Not for use from other threads.</summary>
public interface IEventLoop
{
    /// <summary>Milliseconds of a clock that only goes forward.</summary>
    long Now { get; }

    /// <summary>Watches an fd until <see cref="Unwatch"/>, which must come before the fd is closed.</summary>
    FdWatch Watch(FdHandle fd, EpollEvents events, Action<EpollEvents> ready);

    void Modify(FdWatch watch, EpollEvents events);

    /// <summary>Ends a watch; an event already fetched for it is dropped. Does nothing for a watch already ended.</summary>
    void Unwatch(FdWatch watch);

    /// <summary>A timer that is not set yet.</summary>
    ILoopTimer AddTimer(Action due);

    /// <summary>Runs an action once on the next turn, after the fds that are ready by then.</summary>
    void Post(Action action);
}
