using Google.Protobuf;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Concierge.Api;

/// <summary>The methods that tell which VMs there are and how they are, and the one that sets the clocks of all.</summary>
internal sealed class QueryMethods(VmQueries vms, SyncVmTimes syncTimes) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("GetVmInfo", GetVmInfoRequest.Parser, BusErrors.Failed, InfoAsync),
        OwnedObject.Method("ListVms", ListVmsRequest.Parser, BusErrors.Failed, ListAsync),
        new("SyncVmTimes", "", "ay", async (_, cancel) => BusBody.Of((await SyncTimesAsync(cancel)).ToByteArray())),
    ];

    public IEnumerable<ServedMethod> OwnMethods =>
    [
        new(ConciergeBus.StatesMember, "s", "s", (request, _) => Task.FromResult(BusBody.Of(States(request.Body.Text(0)))))
        {
            InNames = ["owner_id"],
            OutNames = ["states_json"],
        },
    ];

    private Task<GetVmInfoResponse> InfoAsync(GetVmInfoRequest request, CancellationToken cancel)
    {
        var vm = TryParse(request.OwnerId, request.Name) is { } id ? vms.Find(id) : null;
        return Task.FromResult(vm?.Cid is null
            ? new GetVmInfoResponse()
            : new GetVmInfoResponse { Success = true, VmInfo = VmMessages.InfoOf(vm) });
    }

    private Task<ListVmsResponse> ListAsync(ListVmsRequest request, CancellationToken cancel)
    {
        try
        {
            var announced = vms.OfOwner(VmId.ParseOwner(request.OwnerId)).Where(vm => vm.Cid is not null);
            return Task.FromResult(new ListVmsResponse { Success = true, Vms = { announced.Select(VmMessages.ListEntryOf) } });
        }
        catch (VmToolsException refused)
        {
            return Task.FromResult(new ListVmsResponse { FailureReason = refused.Message });
        }
    }

    private async Task<SyncVmTimesResponse> SyncTimesAsync(CancellationToken cancel)
    {
        var (requests, failures) = await syncTimes.RunAsync(cancel);
        return new SyncVmTimesResponse { Requests = (uint)requests, Failures = (uint)failures.Count, FailureReason = { failures } };
    }

    /// <summary>How the VMs of one owner are, and how those ended that do not run, as JSON.</summary>
    private string States(string owner)
    {
        try
        {
            return VmStateReports.Write([.. vms.StatesOf(VmId.ParseOwner(owner), VmMessages.StateOf, VmMessages.StateOf)]);
        }
        catch (VmToolsException refused)
        {
            throw new DBusException(BusErrors.InvalidArgs, refused.Message, refused);
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
}
