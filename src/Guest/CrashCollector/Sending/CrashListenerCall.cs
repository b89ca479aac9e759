using Google.Protobuf;
using Grpc.Core;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.CrashCollector.Sending;

/// <summary>The host's CrashListener: each call on a connection of its own and with a deadline.</summary>
internal sealed class CrashListenerCall(IVsockCarrier carrier, TimeProvider clock)
{
    private const string Service = "/vm_tools.cicerone.CrashListener/";

    /// <summary>The process that died is held by the kernel until this is answered.</summary>
    public static readonly TimeSpan ConsentLimit = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan ReportLimit = TimeSpan.FromSeconds(20);

    private static readonly VsockAddress Listener = new(Cid.Host, Ports.CrashListener);

    public async Task<Consent> AskConsentAsync(CancellationToken cancel)
    {
        try
        {
            var request = new OneShotRequest(Service + "CheckMetricsConsent", ReadOnlyMemory<byte>.Empty);
            var answer = await CallAsync(request, MetricsConsentResponse.Parser, ConsentLimit, cancel);
            return answer.ConsentGranted ? Consent.Granted : Consent.Refused;
        }
        catch (RpcException failure) when (failure.StatusCode is StatusCode.Unimplemented or StatusCode.PermissionDenied)
        {
            return Consent.Refused;
        }
        catch (Exception away) when (away is RpcException or VmToolsException or IOException or TimeoutException)
        {
            return Consent.Unknown;
        }
    }

    /// <summary>What became of a serialized CrashReport and, unless the host took it, why.</summary>
    public async Task<(ReportOutcome Outcome, string Reason)> SendAsync(ReadOnlyMemory<byte> report, CancellationToken cancel)
    {
        try
        {
            await CallAsync(new OneShotRequest(Service + "SendCrashReport", report), EmptyMessage.Parser, ReportLimit, cancel);
            return (ReportOutcome.Taken, "");
        }
        catch (RpcException failure)
        {
            return (OutcomeOf(failure.StatusCode), failure.Status.Detail);
        }
        catch (Exception away) when (away is VmToolsException or IOException or TimeoutException)
        {
            return (ReportOutcome.Away, away.Message);
        }
    }

    private static ReportOutcome OutcomeOf(StatusCode status) => status switch
    {
        StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.ResourceExhausted
            or StatusCode.PermissionDenied or StatusCode.Unimplemented => ReportOutcome.Refused,
        _ => ReportOutcome.Away,
    };

    private async Task<TResponse> CallAsync<TResponse>(
        OneShotRequest request, MessageParser<TResponse> parser, TimeSpan limit, CancellationToken cancel)
        where TResponse : IMessage<TResponse>
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, deadline.Token);
        try
        {
            await using var stream = await carrier.ConnectAsync(Listener, either.Token);
            return await OneShotUnaryCall.InvokeAsync(stream.Stream, request, parser, either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new TimeoutException($"The host did not answer within {limit.TotalSeconds} s.");
        }
    }
}
