using VmTools.Linux;
using VmTools.Linux.Sockets;

namespace VmTools.Protocol.Vsock;

/// <summary>A port of the kernel's vsock. The kernel vouches for the peer's CID.</summary>
internal sealed class KernelVsockListener(VsockPort port, VsockListenerSocket socket, TimeProvider clock) : IVsockListener
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _closing = new();

    public VsockPort Port => port;

    public async ValueTask<VsockStream> AcceptAsync(CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _closing.Token);
        while (true)
        {
            try
            {
                var accepted = await socket.AcceptAsync(either.Token);
                var peer = new VsockAddress(new Cid(accepted.PeerCid), new VsockPort(accepted.PeerPort));
                return new VsockStream(peer, AsyncSocket.Own(accepted.Socket));
            }
            catch (LinuxException passing) when (!VsockSocket.EndsListener(passing.Errno))
            {
                // A shortage passes, and so does what befell one connection; a listener that gave up here would be dead for ever.
                await PauseAsync(either.Token);
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                throw new ObjectDisposedException($"vsock listener {Port}");
            }
        }
    }

    private async Task PauseAsync(CancellationToken cancel)
    {
        try
        {
            await Task.Delay(Pause, clock, cancel);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            throw new ObjectDisposedException($"vsock listener {Port}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_closing.IsCancellationRequested)
        {
            await _closing.CancelAsync();
            socket.Dispose();
        }
    }
}
