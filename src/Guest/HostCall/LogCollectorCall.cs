using Grpc.Core;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Vsock;
using VmTools.Protocol.Wire;

namespace VmTools.Guest.HostCall;

/// <summary>
/// vmlog_forwarder's LogCollector (vm_host.proto), which takes log records a batch at a time. The header names spool and batch: a host that
/// knows the header keeps a batch once, however often it comes; another ignores it.
/// </summary>
internal sealed class LogCollectorCall(IVsockCarrier carrier, string spool, TimeProvider clock)
{
    private const string Service = "/vm_tools.LogCollector/";

    /// <summary>
    /// A host that takes longer counts as away; should it take the batch after all, it recognizes the batch when it comes again.
    /// </summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly HostService _host = new(carrier, Ports.LogCollector, clock);

    /// <summary>Sends records of the kernel; see <see cref="SendAsync"/>.</summary>
    public Task<(SendOutcome Outcome, string Reason)> SendKernelLogsAsync(
        long batch, ReadOnlyMemory<byte> request, CancellationToken cancel) => SendAsync("CollectKernelLogs", batch, request, cancel);

    /// <summary>Sends records of programs; see <see cref="SendAsync"/>.</summary>
    public Task<(SendOutcome Outcome, string Reason)> SendUserLogsAsync(
        long batch, ReadOnlyMemory<byte> request, CancellationToken cancel) => SendAsync("CollectUserLogs", batch, request, cancel);

    /// <summary>
    /// Sends a serialized LogRequest under the batch's number, and says what the host made of it and, unless it took it, why. A call that
    /// is cancelled counts as one to a host that is away.
    /// </summary>
    private async Task<(SendOutcome Outcome, string Reason)> SendAsync(
        string method, long batch, ReadOnlyMemory<byte> request, CancellationToken cancel)
    {
        var call = new OneShotRequest(Service + method, request)
        {
            Headers = new Dictionary<string, string> { [BatchHeader.Name] = BatchHeader.ValueOf(spool, batch) },
        };
        try
        {
            var answer = await _host.CallAsync(call, EmptyMessage.Parser, Limit, cancel);
            return (OutcomeOf(answer.Status), answer.Reason);
        }
        catch (OperationCanceledException)
        {
            return (SendOutcome.Away, "there was no time for it to answer");
        }
    }

    private static SendOutcome OutcomeOf(StatusCode status) => status switch
    {
        StatusCode.OK => SendOutcome.Taken,
        StatusCode.Unimplemented => SendOutcome.NotServed,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => SendOutcome.Refused,
        _ => SendOutcome.Away,
    };
}

/// <summary>What the host did with a batch of records.</summary>
internal enum SendOutcome
{
    Taken,

    /// <summary>The host is not there, or cannot take the batch now: the same batch is sent again.</summary>
    Away,

    /// <summary>The host will never take this batch.</summary>
    Refused,

    /// <summary>The host does not take this kind at all, as the original's daemon does with the kernel's records.</summary>
    NotServed,
}
