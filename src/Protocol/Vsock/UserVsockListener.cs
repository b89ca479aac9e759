using System.Net.Sockets;
using System.Threading.Channels;
using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Protocol.Vsock;

/// <summary>
/// A host.PORT socket. Each caller has a few seconds to say for which guest it speaks and must be that guest's device;
/// a caller that dawdles keeps no other waiting. At most <see cref="Waiting"/> callers are heard or wait to be
/// accepted at once, further ones stay in the kernel's backlog.
/// </summary>
internal sealed class UserVsockListener : IVsockListener
{
    private const int Waiting = 64;

    /// <summary>As many as a guest's device dials at most; one that finds no place here is refused for good.</summary>
    private const int Backlog = 512;


    private static readonly TimeSpan LineLimit = TimeSpan.FromSeconds(5);

    private readonly string _path;
    private readonly Socket _socket;
    private readonly IDeviceRegistry _devices;
    private readonly TimeProvider _clock;
    private readonly Channel<VsockStream> _introduced = Channel.CreateBounded<VsockStream>(Waiting);
    private readonly SemaphoreSlim _places = new(Waiting);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _accepting;

    public UserVsockListener(VsockPort port, string path, IDeviceRegistry devices, TimeProvider clock)
    {
        Port = port;
        _path = path;
        _socket = AsyncSocket.Own(UnixSocket.Listen(path, Backlog, FileModes.OwnerReadsAndWrites));
        _devices = devices;
        _clock = clock;
        _accepting = AcceptLoopAsync();
    }

    public VsockPort Port { get; }

    public async ValueTask<VsockStream> AcceptAsync(CancellationToken cancel)
    {
        try
        {
            return await _introduced.Reader.ReadAsync(cancel);
        }
        catch (ChannelClosedException closed)
        {
            throw closed.InnerException ?? new ObjectDisposedException($"vsock listener {Port}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_closing.IsCancellationRequested)
        {
            return;
        }

        await _closing.CancelAsync();
        await _accepting;
        File.Delete(_path);
        _socket.Dispose();
        while (_introduced.Reader.TryRead(out var unclaimed))
        {
            await unclaimed.DisposeAsync();
        }

        _places.Dispose();
        _closing.Dispose();
    }

    /// <summary>Never fails itself: what ends it before the listener is closed, ends the caller's wait.</summary>
    private async Task AcceptLoopAsync()
    {
        var hearings = new HashSet<Task>();
        Exception? failure = null;
        try
        {
            while (true)
            {
                await _places.WaitAsync(_closing.Token);
                hearings.RemoveWhere(hearing => hearing.IsCompleted);
                hearings.Add(HearAsync(await TakeAsync()));
            }
        }
        catch (OperationCanceledException)
        {
            // The listener is being closed.
        }
        catch (Exception unexpected)
        {
            failure = unexpected;
        }

        await Task.WhenAll(hearings).ContinueWith(static _ => { }, TaskScheduler.Default);
        _introduced.Writer.Complete(failure);
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
                // A caller that has left again, or no fd free at the moment: both pass, and the pause keeps the second from spinning.
                await Task.Delay(TimeSpan.FromMilliseconds(50), _clock, _closing.Token);
            }
        }
    }

    /// <summary>Lets the caller introduce itself; a caller that cannot is hung up on without a word.</summary>
    private async Task HearAsync(Socket socket)
    {
        VsockStream? stream = null;
        try
        {
            using var limit = new CancellationTokenSource(LineLimit, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, limit.Token);
            var line = await HandshakeLine.ReadAsync(socket, either.Token);
            if (line is not null && HandshakeLine.TryParsePeer(line, out var peer) && IsDeviceOf(peer.Cid, socket))
            {
                stream = new VsockStream(peer, socket);
                await _introduced.Writer.WriteAsync(stream, _closing.Token);
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // Too slow, or the listener is being closed.
        }
        catch (Exception lost) when (lost is SocketException or LinuxException)
        {
            // The caller has gone, or who it is cannot be found out for want of a descriptor.
        }
        finally
        {
            _places.Release();
        }

        socket.Dispose();
    }

    private bool IsDeviceOf(Cid cid, Socket socket)
    {
        using var borrowed = FdHandle.DuplicateOf((int)socket.Handle);
        var caller = UnixSocket.PeerOf(borrowed);
        return _devices.Speaks(cid, caller.Pid, caller.Uid);
    }
}
