using Microsoft.Extensions.Logging;
using VmTools.Guest.Vshd.Loop;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Vshd.Listening;

/// <summary>
/// Accepts connections for as long as the shell server runs; its entrance decides what becomes of each. Loop thread only.
/// </summary>
internal sealed partial class VshdListener : IDisposable
{
    /// <summary>Out of descriptors or memory: the connections wait in the backlog for this long.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SessionHost _host;
    private readonly IEntrance _entrance;
    private readonly LoopSignal _wake;
    private readonly WatchedFd _listener;
    private bool _stopped;

    /// <summary>Takes over the listening socket, which must be non-blocking.</summary>
    public VshdListener(SessionHost host, FdHandle listener, IEntrance entrance)
    {
        (_host, _entrance) = (host, entrance);
        _wake = new LoopSignal(host.Loop);
        _listener = host.Loop.Watch(listener, _wake);
    }

    public async Task RunAsync()
    {
        while (!_stopped)
        {
            var error = _entrance.TryAdmit(_listener.Handle);
            if (error == Errno.EAGAIN)
            {
                await _wake;
            }
            else if (VsockSocket.EndsListener(error))
            {
                // The next shell server is started with the same socket, which its starter holds itself.
                throw new LinuxException(error, "accept4", "the shell server's socket");
            }
            else if (error is not (Errno.None or Errno.ECONNABORTED or Errno.ECONNRESET))
            {
                LogNotAccepted(_host.Log, error);
                await PauseAsync();
            }
        }

        await _entrance.StopAsync();
    }

    public void Stop()
    {
        _stopped = true;
        _wake.Raise();
    }

    public void Dispose() => _listener.Dispose();

    private async Task PauseAsync()
    {
        using var deadline = new LoopDeadline(_host.Loop, Pause, _wake);
        while (!deadline.HasPassed && !_stopped)
        {
            await _wake;
        }
    }

    [LoggerMessage(1512, LogLevel.Error, "no connection can be accepted for now: {Reason}")]
    private static partial void LogNotAccepted(ILogger log, Errno reason);
}
