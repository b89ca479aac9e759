using Microsoft.Extensions.Logging;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;

namespace VmTools.Guest.Vshd.Listening;

/// <summary>In the VM: the host connects by vsock, and so could programs of the VM, root's too, which have no business here.</summary>
internal sealed partial class HostEntrance(SessionTable sessions, ILogger log) : IEntrance
{
    public Errno TryAdmit(FdHandle listener)
    {
        var error = VsockSocket.TryAccept(listener, out var socket, out var peer, out _);
        if (error != Errno.None)
        {
            return error;
        }

        // Only the host may log in without a password.
        if (new Cid(peer) == Cid.Host)
        {
            sessions.Begin(socket!);
        }
        else
        {
            LogRefused(log, peer);
            socket!.Dispose();
        }

        return Errno.None;
    }

    public Task StopAsync() => Task.CompletedTask;

    [LoggerMessage(1511, LogLevel.Warning, "connection from CID {Cid} closed: only the host may connect")]
    private static partial void LogRefused(ILogger log, uint cid);
}
