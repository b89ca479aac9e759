using System.Globalization;
using Grpc.Core;
using VmTools.Guest.Syslog.Spooling;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Syslog.Sending;

/// <summary>
/// One batch to the host's LogCollector. The header names spool and batch: a host that knows it keeps a batch once, however
/// often it comes; another ignores it.
/// </summary>
internal sealed class CollectorCall(IVsockCarrier carrier, string spool, TimeProvider clock)
{
    public const string BatchHeader = "vmtools-batch";

    private const string Service = "/vm_tools.LogCollector/";

    /// <summary>A host that takes longer is taken for away; should it take the batch after all, it knows it when it comes again.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static readonly VsockAddress Collector = new(Cid.Host, Ports.LogCollector);

    /// <summary>What the host made of it and, unless it took it, why; cancelling means away.</summary>
    public async Task<(SendOutcome Outcome, string Reason)> SendAsync(LogBatch batch, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        try
        {
            await using var stream = await carrier.ConnectAsync(Collector, either.Token);
            await OneShotUnaryCall.InvokeAsync(stream.Stream, RequestOf(batch), EmptyMessage.Parser, either.Token);
            return (SendOutcome.Taken, "");
        }
        catch (RpcException failure)
        {
            return (OutcomeOf(failure.StatusCode), failure.Status.Detail);
        }
        catch (Exception failure) when (failure is VmToolsException or IOException)
        {
            return (SendOutcome.Away, failure.Message);
        }
        catch (OperationCanceledException)
        {
            return (SendOutcome.Away, $"no answer within {Limit.TotalSeconds} s");
        }
    }

    private static SendOutcome OutcomeOf(StatusCode status) => status switch
    {
        StatusCode.Unimplemented => SendOutcome.NotServed,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => SendOutcome.Refused,
        _ => SendOutcome.Away,
    };

    private OneShotRequest RequestOf(LogBatch batch) =>
        new(Service + (batch.Kind == LogKind.Kernel ? "CollectKernelLogs" : "CollectUserLogs"), batch.Request)
        {
            Headers = new Dictionary<string, string>
            {
                [BatchHeader] = string.Create(CultureInfo.InvariantCulture, $"{spool}-{batch.Number}"),
            },
        };
}
