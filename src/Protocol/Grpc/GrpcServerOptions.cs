using Grpc.Core;
using Microsoft.Extensions.Logging;
using VmTools.Protocol.Vsock;

namespace VmTools.Protocol.Grpc;

/// <summary>What a gRPC server serves, to whom, and within which limits.</summary>
public sealed record GrpcServerOptions
{
    /// <summary>The server owns it from the start on.</summary>
    public required IVsockListener Listener { get; init; }

    /// <summary>One for each service: <c>binder => Maitred.BindService(binder, implementation)</c>.</summary>
    public required IReadOnlyList<Action<ServiceBinderBase>> Services { get; init; }

    /// <summary>Asked before any byte of a connection is read; a connection that it refuses is closed.</summary>
    public required Func<Cid, bool> AcceptPeer { get; init; }

    /// <summary>Told of each connection that was served and has ended; must be short.</summary>
    public Action ConnectionEnded { get; init; } = () => { };

    public required ILogger Logger { get; init; }

    public required TimeProvider Clock { get; init; }

    public GrpcLimits Limits { get; init; } = new();
}
