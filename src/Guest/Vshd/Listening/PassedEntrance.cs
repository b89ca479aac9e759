using Microsoft.Extensions.Logging;
using VmTools.Guest.Vshd.HandOver;
using VmTools.Guest.Vshd.Loop;
using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Guest.Vshd.Listening;

/// <summary>In a container: the VM's shell server hands the host's connections over, one for each connection to our socket.</summary>
internal sealed partial class PassedEntrance(FdLoop loop, SessionTable sessions, VmRoot root, ILogger log) : IEntrance
{
    /// <summary>Connections that have not brought theirs yet; further ones are closed at once.</summary>
    public const int MaxWaiting = 64;

    private readonly Dictionary<FdHandle, Task> _waiting = [];

    /// <summary>How long a connection may take to bring the host's.</summary>
    public TimeSpan Limit { get; init; } = HandedOver.Limit;

    public Errno TryAdmit(FdHandle listener)
    {
        var error = UnixSocket.TryAccept(listener, out var socket);
        if (error == Errno.None)
        {
            Take(socket!);
        }

        return error;
    }

    public Task StopAsync() => Task.WhenAll(_waiting.Values);

    private void Take(FdHandle socket)
    {
        var peer = UnixSocket.PeerOf(socket);
        if (!root.Is(peer))
        {
            LogStranger(log, peer.Uid, peer.Pid);
            socket.Dispose();
        }
        else if (_waiting.Count >= MaxWaiting)
        {
            LogTooMany(log, MaxWaiting);
            socket.Dispose();
        }
        else if (ReceiveAsync(socket) is { IsCompleted: false } receiving)
        {
            _waiting.Add(socket, receiving);
        }
    }

    private async Task ReceiveAsync(FdHandle socket)
    {
        try
        {
            var (taken, problem) = await HandedOver.ReceiveAsync(loop, socket, Limit);
            if (taken is null)
            {
                LogNotTaken(log, problem);
                return;
            }

            sessions.Begin(taken.Connection, taken.Read);
        }
        catch (LinuxException failure)
        {
            LogNotTaken(log, failure.Message);
        }
        finally
        {
            _waiting.Remove(socket);
        }
    }

    [LoggerMessage(1513, LogLevel.Warning, "connection of uid {Uid}, pid {Pid} closed: only the VM's shell server hands sessions over")]
    private static partial void LogStranger(ILogger log, uint uid, int pid);

    [LoggerMessage(1514, LogLevel.Warning, "connection closed: {Limit} have not brought a session yet")]
    private static partial void LogTooMany(ILogger log, int limit);

    [LoggerMessage(1515, LogLevel.Warning, "a session that was handed over is lost: {Problem}")]
    private static partial void LogNotTaken(ILogger log, string problem);
}
