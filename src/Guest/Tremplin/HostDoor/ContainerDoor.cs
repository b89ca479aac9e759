using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Tremplin.HostDoor;

/// <summary>
/// The way of one container's programs to the host: a socket that they alone see, whose connections go to vm_cicerone behind a line that
/// names the container. So the socket is the container's identity, and no container needs a vsock of its own.
/// </summary>
internal sealed partial class ContainerDoor : IAsyncDisposable
{
    /// <summary>The place of the door in every container.</summary>
    public const string DirectoryInContainer = "/dev/vmtools";

    /// <summary>The socket in it.</summary>
    public const string SocketName = "host.sock";

    /// <summary>Connections at one moment; further ones wait unaccepted, and then are refused by the kernel.</summary>
    public const int MostConnections = 8;

    private const int Backlog = 16;

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>How long a place stays taken by one that the host could not be reached for: what asks again at once asks in vain.</summary>
    private static readonly TimeSpan PauseWithoutHost = TimeSpan.FromSeconds(1);

    private readonly ContainerName _name;
    private readonly IVsockCarrier _carrier;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Socket _socket;
    private readonly string _path;
    private readonly SemaphoreSlim _places = new(MostConnections);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _accepting;

    private ContainerDoor(ContainerName name, string path, IVsockCarrier carrier, TimeProvider clock, ILogger log)
    {
        (_name, _path, _carrier, _clock, _log) = (name, path, carrier, clock, log);
        _socket = AsyncSocket.Own(UnixSocket.Listen(path, Backlog, FileModes.AllMayWrite));
        _accepting = AcceptLoopAsync();
    }

    /// <summary>Opens it, in place of one that a former tremplin has left.</summary>
    /// <exception cref="IOException">The socket cannot be made.</exception>
    public static ContainerDoor Open(ContainerName name, TremplinPaths paths, IVsockCarrier carrier, TimeProvider clock, ILogger log) =>
        new(name, $"{paths.Door(name)}/{SocketName}", carrier, clock, log);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _accepting;
        _socket.Dispose();
        File.Delete(_path);
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
                relays.Add(ServeAsync(await TakeAsync()));
            }
        }
        catch (OperationCanceledException)
        {
            // The container has ended.
        }
        catch (SocketException defect)
        {
            LogClosed(_name, defect.SocketErrorCode);
        }

        await Task.WhenAll(relays);
    }

    private async Task<Socket> TakeAsync()
    {
        while (true)
        {
            try
            {
                return await _socket.AcceptAsync(_closing.Token);
            }
            catch (SocketException passing) when (!VsockSocket.EndsListener((Errno)passing.NativeErrorCode))
            {
                await Task.Delay(Pause, _clock, _closing.Token);
            }
        }
    }

    private async Task ServeAsync(Socket caller)
    {
        try
        {
            using (caller)
            {
                if (await TryReachHostAsync() is { } host)
                {
                    await ByteRelay.RunAsync(caller, host, _clock, _closing.Token);
                    return;
                }
            }

            await Task.Delay(PauseWithoutHost, _clock, _closing.Token);
        }
        catch (OperationCanceledException)
        {
            // The container has ended.
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Null where the host does not listen, or did not take the line in time.</summary>
    private async Task<Socket?> TryReachHostAsync()
    {
        using var deadline = new CancellationTokenSource(ConnectLimit, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, deadline.Token);
        VsockStream? host = null;
        try
        {
            host = await _carrier.ConnectAsync(new VsockAddress(Cid.Host, Ports.ContainerDoor), either.Token);
            await host.Stream.WriteAsync(ContainerLine.Of(_name.Value), either.Token);
            return host.Socket;
        }
        catch (Exception unreachable) when (unreachable is VmToolsException or IOException or OperationCanceledException)
        {
            await (host?.DisposeAsync() ?? ValueTask.CompletedTask);
            return null;
        }
    }

    [LoggerMessage(1961, LogLevel.Error, "container {Name} can reach the host no longer: {Error}")]
    private partial void LogClosed(ContainerName name, SocketError error);
}
