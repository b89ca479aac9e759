using System.Globalization;
using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>Who is calling, from the transport: the only thing about the caller that is believed.</summary>
public static class ServerCallContextPeer
{
    /// <summary>The CID of the machine that calls.</summary>
    public static Cid PeerCid(this ServerCallContext context)
    {
        var parts = context.Peer.Split(':');
        return parts is ["vsock", var cid, _]
            ? new Cid(uint.Parse(cid, NumberStyles.None, CultureInfo.InvariantCulture))
            : throw new InvalidOperationException($"The call came from {context.Peer}, not over vsock.");
    }
}
