using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Loop;
using VmTools.Linux.Sockets;

namespace VmTools.Virtio.VhostUser;

/// <summary>
/// Serves one front end at a time on a listening socket: a second one is closed at once, the next after the first has gone is
/// welcome (a User-Mode Linux that reboots connects anew).
/// </summary>
public sealed partial class VhostUserListener : IDisposable
{
    private readonly FdHandle _listener;
    private readonly IVhostUserDevice _device;
    private readonly EventLoop _loop;
    private readonly ILogger _log;
    private readonly FdWatch _watch;
    private VhostUserBackEnd? _current;

    /// <summary>Takes the non-blocking listener over.</summary>
    public VhostUserListener(FdHandle listener, IVhostUserDevice device, EventLoop loop, ILogger log)
    {
        _listener = listener;
        _device = device;
        _loop = loop;
        _log = log;
        _watch = loop.Watch(listener, EpollEvents.In, _ => Accept());
    }

    public bool HasFrontEnd => _current is not null;

    public void Dispose()
    {
        _loop.Unwatch(_watch);
        _listener.Dispose();
        _current?.Dispose();
    }

    private void Accept()
    {
        if (UnixSocket.TryAccept(_listener, out var socket) != Errno.None || socket is null)
        {
            return;
        }

        if (_current is not null)
        {
            LogSecond();
            socket.Dispose();
            return;
        }

        LogConnected();
        _current = new VhostUserBackEnd(socket, _device, _loop, _log);
        _current.Gone += () => _current = null;
    }

    [LoggerMessage(110, LogLevel.Information, "A front end connected.")]
    private partial void LogConnected();

    [LoggerMessage(111, LogLevel.Warning, "A second front end was turned away: one is served already.")]
    private partial void LogSecond();
}
