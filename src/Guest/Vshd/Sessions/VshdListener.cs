using Microsoft.Extensions.Logging;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>Accepts connections and begins a session for each that comes from the host. Loop thread only.</summary>
internal sealed partial class VshdListener : IDisposable
{
    /// <summary>Out of descriptors or memory: the connections wait in the backlog for this long.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SessionHost _host;
    private readonly SessionTable _sessions;
    private readonly LoopSignal _wake;
    private readonly WatchedFd _listener;
    private bool _stopped;

    /// <summary>Takes over the listening socket, which must be non-blocking.</summary>
    public VshdListener(SessionHost host, FdHandle listener, SessionTable sessions)
    {
        (_host, _sessions) = (host, sessions);
        _wake = new LoopSignal(host.Loop);
        _listener = host.Loop.Watch(listener, _wake);
    }

    public async Task RunAsync()
    {
        while (!_stopped)
        {
            var error = VsockSocket.TryAccept(_listener.Handle, out var socket, out var peerCid, out _);
            if (error == Errno.None)
            {
                Take(socket!, new Cid(peerCid));
            }
            else if (error == Errno.EAGAIN)
            {
                await _wake;
            }
            else if (VsockSocket.EndsListener(error))
            {
                // maitred starts the next shell server, with the socket that it holds itself.
                throw new LinuxException(error, "accept4", "the shell server's socket");
            }
            else if (error is not (Errno.ECONNABORTED or Errno.ECONNRESET))
            {
                LogNotAccepted(_host.Log, error);
                await PauseAsync();
            }
        }
    }

    public void Stop()
    {
        _stopped = true;
        _wake.Raise();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Programs within the VM, root's too, have no business here: only the host may log in without a password.</summary>
    private void Take(FdHandle socket, Cid peer)
    {
        if (peer == Cid.Host)
        {
            _sessions.Begin(socket);
            return;
        }

        LogRefused(_host.Log, peer.Value);
        socket.Dispose();
    }

    private async Task PauseAsync()
    {
        using var deadline = new LoopDeadline(_host.Loop, Pause, _wake);
        while (!deadline.HasPassed && !_stopped)
        {
            await _wake;
        }
    }

    [LoggerMessage(1511, LogLevel.Warning, "connection from CID {Cid} closed: only the host may connect")]
    private static partial void LogRefused(ILogger log, uint cid);

    [LoggerMessage(1512, LogLevel.Error, "no connection can be accepted for now: {Reason}")]
    private static partial void LogNotAccepted(ILogger log, Errno reason);
}
