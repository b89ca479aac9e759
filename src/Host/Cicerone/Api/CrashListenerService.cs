using Grpc.Core;
using VmTools.Host.Cicerone.Crashes;
using VmTools.Host.CrashStore.Settings;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// Where guests tell of crashes (vm_crash.proto). Which VM speaks is known by its CID and believed of nothing it says. A guest keeps
/// what is answered with UNAVAILABLE and sends it again; what is refused in another way it drops.
/// </summary>
internal sealed class CrashListenerService(TakeCrash crashes, TakeFailure failures, ConsentFile consent, ReportEvents events)
    : CrashListener.CrashListenerBase
{
    public override Task<MetricsConsentResponse> CheckMetricsConsent(EmptyMessage request, ServerCallContext context) =>
        Task.FromResult(new MetricsConsentResponse { ConsentGranted = consent.IsGranted() });

    public override async Task<EmptyMessage> SendCrashReport(CrashReport request, ServerCallContext context)
    {
        var report = new GuestReport(request.Metadata, request.Minidump.Memory, request.ProcessTree);
        return Answer(events.Tell(context.PeerCid(), await crashes.RunAsync(context.PeerCid(), report, context.CancellationToken)));
    }

    /// <summary>As in the original, only a name that no service has is refused: maitred sends each report once and does not wait.</summary>
    public override async Task<EmptyMessage> SendFailureReport(FailureReport request, ServerCallContext context)
    {
        var taken = await failures.RunAsync(context.PeerCid(), request.FailedProcess, context.CancellationToken);
        var result = events.Tell(context.PeerCid(), taken);
        return result.Outcome == TakeOutcome.UnknownService ? Answer(result) : new EmptyMessage();
    }

    private static EmptyMessage Answer(TakeResult result) => result.Outcome switch
    {
        TakeOutcome.Stored or TakeOutcome.Ignored => new EmptyMessage(),
        TakeOutcome.UnknownVm => throw Refused(StatusCode.Unavailable, "No VM with this CID is known yet."),
        TakeOutcome.NoRoom => throw Refused(StatusCode.Unavailable, "The host has no room for reports now."),
        TakeOutcome.NoConsent => throw Refused(StatusCode.PermissionDenied, "The host's user does not keep crash reports."),
        TakeOutcome.OverRate => throw Refused(StatusCode.ResourceExhausted, "This VM has sent its share of reports for now."),
        TakeOutcome.TooLong => throw Refused(StatusCode.InvalidArgument, result.Why ?? "The minidump is too large."),
        TakeOutcome.UnknownService => throw Refused(StatusCode.InvalidArgument, "There is no service of this name."),
        _ => throw new InvalidOperationException($"{result.Outcome} has no answer."),
    };

    private static RpcException Refused(StatusCode code, string why) => new(new Status(code, why));
}
