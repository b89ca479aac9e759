using Microsoft.Extensions.Logging;
using VmTools.Protocol.Vsock;

namespace VmTools.Protocol.Grpc;

/// <summary>
/// Who gets in: streams of peers that may call, not too many of each. Where the listener fails for good, that is logged once and told to
/// the server's owner.
/// </summary>
internal sealed partial class GrpcAdmission(GrpcServerOptions options) : IAsyncDisposable
{
    private readonly PeerCount _connections = new(options.Limits);
    private readonly TaskCompletionSource<VmToolsException?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosing;

    /// <summary>Completes when no stream comes any more, with the cause unless we were disposed.</summary>
    public Task<VmToolsException?> Ended => _ended.Task;

    /// <summary>The next stream; null once there will be none.</summary>
    public async ValueTask<VsockStream?> NextAsync(CancellationToken cancel)
    {
        try
        {
            return await AdmittedAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception failure)
        {
            End(failure);
            return null;
        }
    }

    /// <summary>Must be called once for each stream of <see cref="NextAsync"/>.</summary>
    public void Leave(VsockStream stream)
    {
        _connections.Leave(stream.Peer.Cid, stream.Container);
        options.ConnectionEnded();
    }

    public async ValueTask DisposeAsync()
    {
        _isClosing = true;
        await options.Listener.DisposeAsync();
        _ended.TrySetResult(null);
    }

    private async ValueTask<VsockStream> AdmittedAsync(CancellationToken cancel)
    {
        while (true)
        {
            var stream = await options.Listener.AcceptAsync(cancel);
            if (options.AcceptPeer(stream.Peer.Cid) && _connections.TryEnter(stream.Peer.Cid, stream.Container))
            {
                return stream;
            }

            await stream.DisposeAsync();
        }
    }

    private void End(Exception failure)
    {
        if (_isClosing)
        {
            return;
        }

        var port = options.Listener.Port;
        LogEnded(options.Logger, port, failure);
        _ended.TrySetResult(new VmToolsException(
            ErrorKind.Internal, $"Vsock port {port} cannot be served any longer, because accepting connections failed.", failure));
    }

    [LoggerMessage(2002, LogLevel.Error, "Vsock port {Port} is not served any longer: accepting connections failed.")]
    private static partial void LogEnded(ILogger logger, VsockPort port, Exception failure);
}
