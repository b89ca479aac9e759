using Grpc.Net.Client;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Cicerone.Tremplin;

/// <summary>
/// Opens the conversation with the container host of a VM. A connection lasts as long as a call: an idle one would wake us and the guest,
/// and would outlive a tremplin that is started anew.
/// </summary>
internal sealed class TremplinConnector(IVsockCarrier carrier, TimeProvider clock)
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly TremplinCarrier _carrier = new(carrier, Limit, clock);

    /// <summary>Costs nothing until the first call.</summary>
    public TremplinClient Connect(Cid cid) => new(Open(cid), clock);

    /// <summary>The same for files.</summary>
    public TremplinFiles ConnectForFiles(Cid cid) => new(Open(cid), clock);

    private GrpcChannel Open(Cid cid) => GrpcVsock.OpenChannel(_carrier, new VsockAddress(cid, Ports.Tremplin));
}
