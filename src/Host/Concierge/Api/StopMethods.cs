using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Concierge.Api;

/// <summary>The methods that end VMs. An expected failure is the answer's reason; StopAllVms has no answer.</summary>
internal sealed class StopMethods(StopVm stop) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("StopVm", StopVmRequest.Parser, BusErrors.Failed, StopAsync),
        OwnedObject.Method("StopVmWithoutOwnerId", StopVmRequest.Parser, BusErrors.Failed, StopWithoutOwnerAsync),
        new("StopAllVms", "", "", async (_, cancel) =>
        {
            await stop.RunForAllAsync(cancel);
            return BusBody.Empty;
        }),
    ];

    public IEnumerable<ServedMethod> OwnMethods =>
    [
        new(ConciergeBus.StopMember, "ayb", "aybs", StopByForceAsync)
        {
            InNames = ["request", "force"],
            OutNames = ["response", "was_forced", "sentence"],
        },
    ];

    private Task<SuccessFailureResponse> StopAsync(StopVmRequest request, CancellationToken cancel) => AnswerAsync(
        () => stop.RunAsync(VmId.Parse(request.OwnerId, request.Name), Vms.VmStopReason.StopVmRequested, cancel));

    private Task<SuccessFailureResponse> StopWithoutOwnerAsync(StopVmRequest request, CancellationToken cancel) => AnswerAsync(
        () => stop.RunForAllOwnersAsync(VmId.ParseName(request.Name), cancel));

    /// <summary>The answer, and what is to be said of an end by force; empty where the guest switched itself off.</summary>
    private async Task<BusBody> StopByForceAsync(BusRequest call, CancellationToken cancel)
    {
        var request = OwnedObject.Read(StopVmRequest.Parser, call);
        var force = call.Body.Flag(1);
        VmEnding? ending = null;
        var response = await AnswerAsync(async () => ending = await stop.RunAsync(
            VmId.Parse(request.OwnerId, request.Name), Vms.VmStopReason.StopVmRequested, force, cancel));
        var sentence = ending is { IsForced: true } ? ending.Sentence : "";
        return BusBody.Of(response.ToByteArray()).Add(sentence.Length > 0).Add(sentence);
    }

    private static async Task<SuccessFailureResponse> AnswerAsync(Func<Task> run)
    {
        try
        {
            await run();
            return new SuccessFailureResponse { Success = true };
        }
        catch (VmToolsException refused)
        {
            return new SuccessFailureResponse { FailureReason = refused.Message };
        }
    }
}
