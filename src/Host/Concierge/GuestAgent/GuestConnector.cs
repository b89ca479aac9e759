using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Concierge.GuestAgent;

/// <summary>Reaches maitred, vshd and the kernel of each VM over the carrier.</summary>
internal sealed class GuestConnector(IVsockCarrier carrier, TimeProvider clock) : IGuestConnector
{
    /// <summary>
    /// Only root in a guest could listen on this port, and no program of the image does: the kernel refuses and wakes no program.
    /// </summary>
    private static readonly VsockPort Unused = new(1);

    /// <summary>After a refusal by a guest whose container host is on its way.</summary>
    private static readonly TimeSpan ServePause = TimeSpan.FromMilliseconds(100);

    public IGuest Connect(Cid cid) => new MaitredGuest(GrpcVsock.OpenChannel(carrier, new VsockAddress(cid, Ports.Maitred)), clock);

    public async Task<bool> AnswersAsync(Cid cid, CancellationToken cancel)
    {
        try
        {
            await using var stream = await carrier.ConnectAsync(new VsockAddress(cid, Unused), cancel);
            return true;
        }
        catch (VmToolsException refused)
        {
            // A refusal is an answer; a device that is not there gives none.
            return refused is { Kind: ErrorKind.Unavailable, InnerException: not LinuxException };
        }
    }

    public async Task ContainersServedAsync(Cid cid, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await using var stream = await carrier.ConnectAsync(new VsockAddress(cid, Ports.Tremplin), cancel);
                return;
            }
            catch (VmToolsException refused) when (refused is { Kind: ErrorKind.Unavailable, InnerException: not LinuxException })
            {
                await Task.Delay(ServePause, clock, cancel);
            }
        }
    }

    public async Task SwitchOffByKernelAsync(Cid cid, CancellationToken cancel)
    {
        await using var stream = await carrier.ConnectAsync(new VsockAddress(cid, Ports.Vshd), cancel);
        await GuestShell.SwitchOffAsync(stream.Stream, cancel);
    }
}
