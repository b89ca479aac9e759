using System.Globalization;
using Grpc.Core;

namespace VmTools.Protocol.Grpc;

/// <summary>Who is calling, from the transport: the only thing about the caller that is believed.</summary>
public static class ServerCallContextPeer
{
    /// <summary>The CID of the machine that calls.</summary>
    public static Cid PeerCid(this ServerCallContext context) =>
        new(uint.Parse(Parts(context)[1], NumberStyles.None, CultureInfo.InvariantCulture));

    /// <summary>The container that calls, as its machine says; null where it named none.</summary>
    public static string? PeerContainer(this ServerCallContext context) => Parts(context) is [_, _, _, var container] ? container : null;

    private static string[] Parts(ServerCallContext context)
    {
        var parts = context.Peer.Split(':');
        return parts is ["vsock", _, _] or ["vsock", _, _, _]
            ? parts
            : throw new InvalidOperationException($"The call came from {context.Peer}, not over vsock.");
    }
}
