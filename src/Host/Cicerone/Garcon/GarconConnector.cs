using VmTools.Host.Cicerone.Containers;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Cicerone.Garcon;

/// <summary>Opens the conversation with the garcon of a container. A connection lasts as long as a call.</summary>
internal sealed class GarconConnector(IVsockCarrier carrier, TimeProvider clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Costs nothing until the first call.</summary>
    public GarconClient Connect(Cid cid, ContainerName name)
    {
        var way = new GarconCarrier(carrier, name, Limit, clock);
        return new GarconClient(GrpcVsock.OpenChannel(way, new VsockAddress(cid, Ports.Garcon)), name, clock);
    }
}
