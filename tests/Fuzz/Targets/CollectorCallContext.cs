using Grpc.Core;
using VmTools.Protocol;
using VmTools.Protocol.Wire;

namespace VmTools.Fuzz.Targets;

/// <summary>A call without a connection: its peer and, where there is one, the name of its batch.</summary>
internal sealed class CollectorCallContext(Cid peer, string? batch) : ServerCallContext
{
    protected override string MethodCore => "Collect";

    protected override string HostCore => "vsock";

    protected override string PeerCore { get; } = new VsockAddress(peer, new VsockPort(1024)).ToString();

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore { get; } = batch is null ? [] : new Metadata { { BatchHeader.Name, batch } };

    protected override CancellationToken CancellationTokenCore => CancellationToken.None;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore { get; } = new(null, []);

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException();
}
