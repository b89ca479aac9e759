using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Tremplin.HostDoor;

/// <summary>
/// The host's way to the agents of containers: a vsock port whose connections begin with a line that names a container, and go on to the
/// socket behind which that container's agent listens.
/// </summary>
internal sealed partial class AgentEntrance : IAsyncDisposable
{
    /// <summary>The host calls one container at a time, for a moment.</summary>
    private const int MostConnections = 64;

    private static readonly TimeSpan LineLimit = TimeSpan.FromSeconds(5);

    private readonly TremplinPaths _paths;
    private readonly IVsockListener _listener;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _places = new(MostConnections);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _accepting;

    private AgentEntrance(TremplinPaths paths, IVsockListener listener, TimeProvider clock, ILogger log)
    {
        (_paths, _listener, _clock, _log) = (paths, listener, clock, log);
        _accepting = AcceptLoopAsync();
    }

    /// <summary>The entrance owns the listener from now on.</summary>
    public static AgentEntrance Open(TremplinPaths paths, IVsockListener listener, TimeProvider clock, ILogger log) =>
        new(paths, listener, clock, log);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _listener.DisposeAsync();
        await _accepting;
        _places.Dispose();
        _closing.Dispose();
    }

    private async Task AcceptLoopAsync()
    {
        var relays = new HashSet<Task>();
        try
        {
            while (true)
            {
                await _places.WaitAsync(_closing.Token);
                relays.RemoveWhere(static relay => relay.IsCompleted);
                relays.Add(ServeAsync(await _listener.AcceptAsync(_closing.Token)));
            }
        }
        catch (Exception closed) when (closed is OperationCanceledException or ObjectDisposedException)
        {
            // tremplin ends.
        }
        catch (LinuxException defect)
        {
            LogClosed(defect.Message);
        }

        await Task.WhenAll(relays);
    }

    /// <summary>Programs of the VM, root's too, have no business here.</summary>
    private async Task ServeAsync(VsockStream caller)
    {
        try
        {
            await using (caller)
            {
                if (caller.Peer.Cid == Cid.Host && await TryConnectAsync(caller) is { } agent)
                {
                    await ByteRelay.RunAsync(caller.Socket, agent, _clock, _closing.Token);
                }
            }
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>The agent's end; null where the host names no container whose agent listens.</summary>
    private async Task<Socket?> TryConnectAsync(VsockStream caller)
    {
        using var deadline = new CancellationTokenSource(LineLimit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, deadline.Token);
        Socket? agent = null;
        try
        {
            if (await ContainerLine.ReadAsync(caller.Socket, either.Token) is { } text
                && ContainerName.TryParse(text, out var name)
                && UnixSocket.TryConnect(_paths.AgentSocket(name), out var connected) == Errno.None)
            {
                agent = AsyncSocket.Own(connected!);
                await caller.Stream.WriteAsync(ContainerLine.Connected, either.Token);
                return agent;
            }
        }
        catch (Exception lost) when (lost is SocketException or IOException or OperationCanceledException)
        {
            agent?.Dispose();
        }

        return null;
    }

    [LoggerMessage(1962, LogLevel.Error, "the host can reach containers' agents no longer: {Reason}")]
    private partial void LogClosed(string reason);
}
