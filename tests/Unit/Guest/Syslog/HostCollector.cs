using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Wire;
using VmTools.Unit.Protocol.Fakes;

namespace VmTools.Unit.Guest.Syslog;

/// <summary>The host's end of the logs, which answers what a test wants and keeps what it has taken.</summary>
internal sealed class HostCollector : LogCollector.LogCollectorBase, IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _taken = [];
    private readonly ConcurrentQueue<string> _asked = [];
    private GrpcServer? _server;

    /// <summary>How calls are answered; OK takes the batch.</summary>
    public StatusCode Answer { get; set; }

    public IReadOnlyList<string> Contents => [.. _taken];

    /// <summary>The names of the batches of all calls, taken or not.</summary>
    public IReadOnlyList<string> Asked => [.. _asked];

    public async Task ListenAsync(MemoryVsock vsock) => _server = await GrpcServer.StartAsync(
        new GrpcServerOptions
        {
            Listener = await vsock.ListenAsync(Ports.LogCollector, CancellationToken.None),
            Services = [binder => LogCollector.BindService(binder, this)],
            AcceptPeer = static cid => cid.IsGuest,
            Logger = NullLogger.Instance,
            Clock = TimeProvider.System,
        },
        CancellationToken.None);

    public override Task<EmptyMessage> CollectKernelLogs(LogRequest request, ServerCallContext context) => Take(request, context);

    public override Task<EmptyMessage> CollectUserLogs(LogRequest request, ServerCallContext context) => Take(request, context);

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private Task<EmptyMessage> Take(LogRequest request, ServerCallContext context)
    {
        var batch = context.RequestHeaders.GetValue(BatchHeader.Name)!;
        _asked.Enqueue(batch);
        if (Answer != StatusCode.OK)
        {
            throw new RpcException(new Status(Answer, "Not now."));
        }

        foreach (var record in request.Records)
        {
            _taken.Enqueue(record.Content.ToStringUtf8());
        }

        return Task.FromResult(new EmptyMessage());
    }
}
