using System.Net.Sockets;
using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Protocol.Vsock;

/// <summary>
/// The user carrier: the vsock name space as unix sockets of one private directory. Daemons listen on host.PORT, where a
/// device writes a PEER line first; each device listens on guest.CID, where the host writes CONNECT and reads OK first.
/// </summary>
public sealed class UserVsock(string directory, IDeviceRegistry devices, TimeProvider clock) : IVsockCarrier
{
    /// <summary>A device whose backlog is full is asked again after this long.</summary>
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(10);

    /// <summary>How long a device may take to answer; the guest's own limit for a connection is two seconds.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    public ValueTask<IVsockListener> ListenAsync(VsockPort port, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        try
        {
            var path = Path.Combine(directory, $"host.{port}");
            return ValueTask.FromResult<IVsockListener>(new UserVsockListener(port, path, devices, clock));
        }
        catch (LinuxException taken) when (taken.Errno == Errno.EADDRINUSE)
        {
            throw new VmToolsException(ErrorKind.AlreadyExists, $"Another program of this user serves vsock port {port} already.", taken);
        }
    }

    public async ValueTask<VsockStream> ConnectAsync(VsockAddress peer, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            return await DialAsync(peer, either.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded,
                    $"The vsock device of CID {peer.Cid} did not answer within {AnswerLimit.TotalSeconds:0} seconds.");
        }
    }

    private async ValueTask<VsockStream> DialAsync(VsockAddress peer, CancellationToken cancel)
    {
        var stream = new VsockStream(peer, AsyncSocket.Own(await ReachAsync(peer.Cid, cancel)));
        try
        {
            await stream.Stream.WriteAsync(HandshakeLine.Connect(peer.Port), cancel);
            var answer = await HandshakeLine.ReadAsync(stream.Socket, cancel);
            return answer is not null && answer.AsSpan().StartsWith(HandshakeLine.AgreedPrefix)
                ? stream
                : throw Refused(peer, null);
        }
        catch (Exception lost) when (lost is SocketException or IOException)
        {
            await stream.DisposeAsync();
            throw Refused(peer, lost);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>A unix socket connects at once or not at all, so waiting for a place in the backlog is ours to do.</summary>
    private async ValueTask<FdHandle> ReachAsync(Cid cid, CancellationToken cancel)
    {
        while (true)
        {
            var outcome = UnixSocket.TryConnect(Path.Combine(directory, $"guest.{cid}"), out var socket);
            if (outcome == Errno.None)
            {
                return socket!;
            }

            if (outcome != Errno.EAGAIN)
            {
                throw new VmToolsException(
                    ErrorKind.Unavailable, $"No VM with CID {cid} is running here.", new LinuxException(outcome, "connect"));
            }

            await Task.Delay(RetryPause, clock, cancel);
        }
    }

    private static VmToolsException Refused(VsockAddress peer, Exception? cause) =>
        new(ErrorKind.Unavailable, $"The VM with CID {peer.Cid} refused the connection to its vsock port {peer.Port}.", cause);
}
