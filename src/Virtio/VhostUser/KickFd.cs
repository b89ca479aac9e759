using VmTools.Linux;
using VmTools.Linux.Loop;

namespace VmTools.Virtio.VhostUser;

/// <summary>
/// The fd by which the driver says "look". Watched only while its ring runs: a kick that comes earlier stays in the fd's counter and
/// is seen then, so none is lost whatever the order of messages.
/// </summary>
internal sealed class KickFd(EventLoop loop, FdHandle fd, Action<KickOutcome> ready) : IDisposable
{
    private FdWatch _watch;

    /// <summary>Begins to watch; false when the fd cannot be waited on.</summary>
    public bool TryWatch()
    {
        if (_watch.IsSet)
        {
            return true;
        }

        try
        {
            _watch = loop.Watch(fd, EpollEvents.In, _ => ready(Consume()));
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    public void Unwatch()
    {
        loop.Unwatch(_watch);
        _watch = default;
    }

    /// <summary>Empties the counter, so that the next kick is a new one.</summary>
    public KickOutcome Consume()
    {
        Span<byte> count = stackalloc byte[sizeof(ulong)];
        return Fd.TryRead(fd, count, out var read) switch
        {
            Errno.None when read > 0 => KickOutcome.Kicked,
            Errno.EAGAIN => KickOutcome.Nothing,
            _ => KickOutcome.Dead,
        };
    }

    public void Dispose()
    {
        Unwatch();
        fd.Dispose();
    }
}

/// <summary>What reading a kick fd told.</summary>
internal enum KickOutcome
{
    Nothing,
    Kicked,

    /// <summary>The fd is at its end or broken: it will never kick again, and stays readable for ever.</summary>
    Dead,
}
