using Google.Protobuf;
using Grpc.Core;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.HostCall;

/// <summary>vm_cicerone's CrashListener (vm_crash.proto), which takes reports of programs that died and of services that ended.</summary>
internal sealed class CrashListenerCall(IVsockCarrier carrier, TimeProvider clock)
{
    private const string Service = "/vm_tools.cicerone.CrashListener/";

    /// <summary>Short, because the kernel holds the process that died until this is answered.</summary>
    public static readonly TimeSpan ConsentLimit = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan ReportLimit = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan FailureLimit = TimeSpan.FromSeconds(2);

    private readonly HostService _host = new(carrier, Ports.CrashListener, clock);

    /// <summary>Whether the host's user lets crash reports be kept.</summary>
    public async Task<Consent> AskConsentAsync(CancellationToken cancel)
    {
        var request = new OneShotRequest(Service + "CheckMetricsConsent", default);
        var answer = await _host.CallAsync(request, MetricsConsentResponse.Parser, ConsentLimit, cancel);
        return answer switch
        {
            { Message: { } consent } => consent.ConsentGranted ? Consent.Granted : Consent.Refused,
            { Status: StatusCode.Unimplemented or StatusCode.PermissionDenied } => Consent.Refused,
            _ => Consent.Unknown,
        };
    }

    /// <summary>Sends a serialized CrashReport, and says what became of it and, unless the host took it, why.</summary>
    public async Task<(ReportOutcome Outcome, string Reason)> SendAsync(ReadOnlyMemory<byte> report, CancellationToken cancel)
    {
        var request = new OneShotRequest(Service + "SendCrashReport", report);
        var answer = await _host.CallAsync(request, EmptyMessage.Parser, ReportLimit, cancel);
        return (OutcomeOf(answer.Status), answer.Reason);
    }

    /// <summary>Tells the host that a service of the VM has ended. It does not matter whether the host hears it.</summary>
    public async Task TellFailureAsync(string service, CancellationToken cancel)
    {
        var failure = new FailureReport { FailedProcess = service };
        var request = new OneShotRequest(Service + "SendFailureReport", failure.ToByteArray());
        _ = await _host.CallAsync(request, EmptyMessage.Parser, FailureLimit, cancel);
    }

    private static ReportOutcome OutcomeOf(StatusCode status) => status switch
    {
        StatusCode.OK => ReportOutcome.Taken,
        StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.ResourceExhausted
            or StatusCode.PermissionDenied or StatusCode.Unimplemented => ReportOutcome.Refused,
        _ => ReportOutcome.Away,
    };
}

/// <summary>Whether the host's user lets crash reports be kept.</summary>
internal enum Consent
{
    /// <summary>The host did not answer.</summary>
    Unknown,
    Granted,
    Refused,
}

/// <summary>What the host made of a report.</summary>
internal enum ReportOutcome
{
    /// <summary>The host has it.</summary>
    Taken,

    /// <summary>The host will never take it: too large, too many, or not wanted.</summary>
    Refused,

    /// <summary>The host was not reached or is not ready; the report is sent again later.</summary>
    Away,
}
