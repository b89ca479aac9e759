using VmTools.Host.Concierge.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Concierge.Resources;

/// <summary>Reaches maitred of each VM over the carrier.</summary>
internal sealed class GuestConnector(IVsockCarrier carrier, TimeProvider clock) : IGuestConnector
{
    public IGuest Connect(Cid cid) => new MaitredGuest(GrpcVsock.OpenChannel(carrier, new VsockAddress(cid, Ports.Maitred)), clock);
}
