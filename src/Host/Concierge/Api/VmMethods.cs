using Microsoft.Extensions.Logging;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Concierge.Api;

/// <summary>The members about VMs: message in, verb, message out; an expected failure becomes the answer's own words.</summary>
internal sealed partial class VmMethods(VmVerbs verbs, ILogger log)
{
    public async Task<StartVmResponse> StartAsync(StartVmRequest request, IReadOnlyList<FdHandle> fds, StartExtras extras, CancellationToken cancel)
    {
        try
        {
            var vm = await verbs.Start.RunAsync(Requests.StartOf(request, fds, extras), cancel);
            return new StartVmResponse { Success = true, Status = Replies.StatusOf(vm.State), VmInfo = Replies.InfoOf(vm) };
        }
        catch (DiskBusyException busy)
        {
            return new StartVmResponse { Status = VmStatus.DiskOpInProgress, FailureReason = busy.Message };
        }
        catch (VmToolsException refused)
        {
            LogStartFailed(VmName.TryParse(request.Name, out var name) ? name.Value : "(of no valid name)", refused.Message);
            return new StartVmResponse { Status = VmStatus.Failure, FailureReason = refused.Message };
        }
    }

    public Task<SuccessFailureResponse> StopAsync(StopVmRequest request, CancellationToken cancel) => AnswerAsync(
        () => verbs.Stop.RunAsync(VmId.Parse(request.OwnerId, request.Name), Vms.VmStopReason.StopVmRequested, cancel));

    /// <summary>The answer, and what is to be said of an end by force; empty where the guest switched itself off.</summary>
    public async Task<(SuccessFailureResponse Response, string Forced)> StopAsync(StopVmRequest request, bool force, CancellationToken cancel)
    {
        VmEnding? ending = null;
        var response = await AnswerAsync(
            async () => ending = await verbs.Stop.RunAsync(VmId.Parse(request.OwnerId, request.Name), Vms.VmStopReason.StopVmRequested, force, cancel));
        return (response, ending is { IsForced: true } ? ending.Sentence : "");
    }

    /// <summary>How the VMs of one owner are, and how those ended that do not run, as JSON.</summary>
    public string States(string owner) => VmStateReports.Write(
        [.. verbs.States.Run(VmId.ParseOwner(owner), Replies.StateOf, Replies.StateOf)]);

    public Task<SuccessFailureResponse> StopWithoutOwnerAsync(StopVmRequest request, CancellationToken cancel) => AnswerAsync(
        () => verbs.Stop.RunForAllOwnersAsync(VmId.ParseName(request.Name), cancel));

    public Task StopAllAsync(CancellationToken cancel) => verbs.StopAll.RunAsync(cancel);

    public Task<GetVmInfoResponse> InfoAsync(GetVmInfoRequest request, CancellationToken cancel)
    {
        var vm = TryParse(request.OwnerId, request.Name) is { } id ? verbs.Info.Run(id) : null;
        return Task.FromResult(vm?.Cid is null
            ? new GetVmInfoResponse()
            : new GetVmInfoResponse { Success = true, VmInfo = Replies.InfoOf(vm) });
    }

    public Task<ListVmsResponse> ListAsync(ListVmsRequest request, CancellationToken cancel)
    {
        try
        {
            var vms = verbs.List.Run(VmId.ParseOwner(request.OwnerId));
            return Task.FromResult(new ListVmsResponse { Success = true, Vms = { vms.Where(vm => vm.Cid is not null).Select(Replies.ListEntryOf) } });
        }
        catch (VmToolsException refused)
        {
            return Task.FromResult(new ListVmsResponse { FailureReason = refused.Message });
        }
    }

    public async Task<SyncVmTimesResponse> SyncTimesAsync(CancellationToken cancel)
    {
        var (requests, failures) = await verbs.SyncTimes.RunAsync(cancel);
        return new SyncVmTimesResponse { Requests = (uint)requests, Failures = (uint)failures.Count, FailureReason = { failures } };
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

    private static VmId? TryParse(string owner, string name)
    {
        try
        {
            return VmId.Parse(owner, name);
        }
        catch (VmToolsException)
        {
            return null;
        }
    }

    [LoggerMessage(3051, LogLevel.Warning, "VM {Vm} was not started: {Why}")]
    private partial void LogStartFailed(string vm, string why);
}
