using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Unit.Host.Cicerone.Garcon;

/// <summary>The way that tremplin gives the programs of a container: each stream begins with the container's name.</summary>
internal sealed class NamedCarrier(IVsockCarrier carrier, string container) : IVsockCarrier
{
    public ValueTask<IVsockListener> ListenAsync(VsockPort port, CancellationToken cancel) => carrier.ListenAsync(port, cancel);

    public async ValueTask<VsockStream> ConnectAsync(VsockAddress peer, CancellationToken cancel)
    {
        var stream = await carrier.ConnectAsync(peer, cancel);
        await stream.Stream.WriteAsync(ContainerLine.Of(container), cancel);
        return stream;
    }
}
