using Grpc.Core;
using VmTools.Host.LogForwarder.Batches;
using VmTools.Host.LogForwarder.Files;
using VmTools.Host.LogStore;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Wire;

namespace VmTools.Host.LogForwarder.Api;

/// <summary>
/// Where guests send their logs (vm_host.proto). A guest that names its batches in the header <see cref="BatchHeader.Name"/> may send
/// one again whose answer it missed.
/// </summary>
internal sealed class LogCollectorService(CollectLogs collect) : LogCollector.LogCollectorBase
{
    private const int Notice = 5;

    public override Task<EmptyMessage> CollectKernelLogs(LogRequest request, ServerCallContext context) =>
        CollectAsync(LogSource.Kernel, request, context);

    public override Task<EmptyMessage> CollectUserLogs(LogRequest request, ServerCallContext context) =>
        CollectAsync(LogSource.User, request, context);

    private async Task<EmptyMessage> CollectAsync(LogSource source, LogRequest request, ServerCallContext context)
    {
        var batch = new LogBatch(source, IdOf(context), request.Records.Select(RecordOf).ToArray());
        return await collect.RunAsync(context.PeerCid(), batch, context.CancellationToken) switch
        {
            CollectOutcome.Taken => new EmptyMessage(),
            CollectOutcome.UnknownVm => throw Refused(StatusCode.Unavailable, "No VM with this CID is known yet."),
            CollectOutcome.NoRoom => throw Refused(StatusCode.ResourceExhausted, "The host has no room for logs now."),
            var other => throw new InvalidOperationException($"{other} has no answer."),
        };
    }

    private static BatchId? IdOf(ServerCallContext context) =>
        context.RequestHeaders.GetValue(BatchHeader.Name) is not { } text ? null
        : BatchId.TryParse(text, out var id) ? id
        : throw Refused(StatusCode.InvalidArgument, $"The {BatchHeader.Name} header is malformed.");

    /// <summary>The wire counts severities from 1; what it does not know is a notice, as in the original.</summary>
    private static GuestRecord RecordOf(LogRecord record) => new(
        record.Severity is >= LogSeverity.Emergency and <= LogSeverity.Debug ? (int)record.Severity - 1 : Notice,
        record.Timestamp?.Seconds ?? long.MinValue,
        record.Timestamp?.Nanos ?? 0,
        record.Content.Memory);

    private static RpcException Refused(StatusCode code, string why) => new(new Status(code, why));
}
