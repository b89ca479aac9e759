using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Cicerone.Tremplin;

/// <summary>
/// The carrier as tremplin is called over it: a connection is made within a limit, which tells a guest that hangs from one that is slow to
/// do its work, and a refusal is told as what it means.
/// </summary>
internal sealed class TremplinCarrier(IVsockCarrier carrier, TimeSpan limit, TimeProvider clock) : IVsockCarrier
{
    public ValueTask<IVsockListener> ListenAsync(VsockPort port, CancellationToken cancel) => carrier.ListenAsync(port, cancel);

    public async ValueTask<VsockStream> ConnectAsync(VsockAddress peer, CancellationToken cancel)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            return await carrier.ConnectAsync(peer, either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new VmToolsException(
                ErrorKind.DeadlineExceeded, $"It took no connection to its vsock port {peer.Port} within {limit.TotalSeconds:0} seconds.");
        }
        catch (VmToolsException refused) when (refused is { Kind: ErrorKind.Unavailable, InnerException: not LinuxException })
        {
            throw new VmToolsException(
                ErrorKind.Unavailable,
                "No container host runs in it. 'vmc container create' starts one; over D-Bus that is start_termina of StartVm.",
                refused);
        }
    }
}
