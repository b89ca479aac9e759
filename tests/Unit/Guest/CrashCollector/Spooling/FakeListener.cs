using Grpc.Core;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Unit.Guest.CrashCollector.Spooling;

/// <summary>The host's end: takes what the test lets it take.</summary>
internal sealed class FakeListener : CrashListener.CrashListenerBase
{
    public bool IsWanted { get; set; } = true;

    /// <summary>What the next calls of SendCrashReport answer; OK when there are no more.</summary>
    public Queue<StatusCode> Answers { get; } = new();

    public List<CrashReport> Reports { get; } = [];

    public int Asked { get; private set; }

    public override Task<MetricsConsentResponse> CheckMetricsConsent(EmptyMessage request, ServerCallContext context)
    {
        Asked++;
        return Task.FromResult(new MetricsConsentResponse { ConsentGranted = IsWanted });
    }

    public override Task<EmptyMessage> SendCrashReport(CrashReport request, ServerCallContext context)
    {
        if (Answers.TryDequeue(out var status) && status != StatusCode.OK)
        {
            throw new RpcException(new Status(status, "as the test wants it"));
        }

        Reports.Add(request);
        return Task.FromResult(new EmptyMessage());
    }
}
