using VmTools.Host.Bus;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc.Machines;

/// <summary>The calls of vm_concierge that several verbs make, for the caller's own VMs.</summary>
internal static class ConciergeVerbs
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(25);

    /// <summary>As the original's client waits: a stop goes through every stage of persuasion, a disk may be large.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(120);

    /// <summary>Null when no such VM runs.</summary>
    public static async Task<VmInfo?> InfoAsync(this ConciergeClient concierge, string name, CancellationToken cancel)
    {
        var response = await concierge.CallAsync(
            "GetVmInfo", new GetVmInfoRequest { Name = name, OwnerId = concierge.Owner.Value }, GetVmInfoResponse.Parser, Short, cancel);
        return response.Success ? response.VmInfo : null;
    }

    public static async Task<IReadOnlyList<ExtendedVmInfo>> VmsAsync(this ConciergeClient concierge, CancellationToken cancel)
    {
        var response = await concierge.CallAsync(
            "ListVms", new ListVmsRequest { OwnerId = concierge.Owner.Value }, ListVmsResponse.Parser, Short, cancel);
        return response.Success ? response.Vms : throw new VmToolsException(ErrorKind.Internal, response.FailureReason);
    }

    public static async Task<ListVmDisksResponse> DisksAsync(this ConciergeClient concierge, CancellationToken cancel)
    {
        var response = await concierge.CallAsync(
            "ListVmDisks", new ListVmDisksRequest { CryptohomeId = concierge.Owner.Value }, ListVmDisksResponse.Parser, Short, cancel);
        return response.Success ? response : throw new VmToolsException(ErrorKind.Internal, response.FailureReason);
    }

    /// <summary>How the caller's VMs are, and how those ended that do not run. A daemon of another version or kind tells less.</summary>
    public static async Task<IReadOnlyDictionary<string, VmStateReport>> StatesAsync(
        this ConciergeClient concierge, CancellationToken cancel)
    {
        try
        {
            return await concierge.OwnStatesAsync(cancel);
        }
        catch (VmToolsException refused) when (IsNotOffered(refused))
        {
            return (await concierge.VmsAsync(cancel)).ToDictionary(
                vm => vm.Name,
                vm => new VmStateReport(vm.Name, vm.Status == VmStatus.Starting ? "starting" : "running") { Cid = (uint)vm.VmInfo.Cid },
                StringComparer.Ordinal);
        }
    }

    private static async Task<IReadOnlyDictionary<string, VmStateReport>> OwnStatesAsync(
        this ConciergeClient concierge, CancellationToken cancel)
    {
        using var answer = await concierge.CallAsync(
            new ConciergeCall(ConciergeBus.StatesMember, DBus.BusBody.Of(concierge.Owner.Value), Short)
            {
                Interface = ConciergeBus.OwnInterface,
            },
            cancel);
        return VmStateReports.Read(answer.Text(0)).ToDictionary(report => report.Name, StringComparer.Ordinal);
    }

    /// <summary>The answer, and what is to be said of an end by force; empty where the guest switched itself off.</summary>
    public static async Task<(SuccessFailureResponse Response, string Forced)> StopAsync(
        this ConciergeClient concierge, string name, bool force, CancellationToken cancel)
    {
        var request = new StopVmRequest { Name = name, OwnerId = concierge.Owner.Value };
        try
        {
            var body = DBus.BusBody.Of(Google.Protobuf.MessageExtensions.ToByteArray(request)).Add(force);
            using var answer = await concierge.CallAsync(
                new ConciergeCall(ConciergeBus.StopMember, body, Long) { Interface = ConciergeBus.OwnInterface }, cancel);
            return (SuccessFailureResponse.Parser.ParseFrom(answer.Bytes(0).Span), answer.Text(2));
        }
        catch (VmToolsException refused) when (!force && IsNotOffered(refused))
        {
            return (await concierge.CallAsync("StopVm", request, SuccessFailureResponse.Parser, Long, cancel), "");
        }
    }

    public static Task<CreateDiskImageResponse> TryCreateDiskAsync(
        this ConciergeClient concierge, CreateDiskImageRequest request, CancellationToken cancel)
    {
        request.CryptohomeId = concierge.Owner.Value;
        var body = DBus.BusBody.Of(Google.Protobuf.MessageExtensions.ToByteArray(request)).Add(Array.Empty<Linux.FdHandle>());
        return concierge.CallAsync(new ConciergeCall("CreateDiskImage", body, Long), CreateDiskImageResponse.Parser, cancel);
    }

    public static Task<DestroyDiskImageResponse> DestroyDiskAsync(this ConciergeClient concierge, string name, CancellationToken cancel) =>
        concierge.CallAsync(
            "DestroyDiskImage",
            new DestroyDiskImageRequest { VmName = name, CryptohomeId = concierge.Owner.Value },
            DestroyDiskImageResponse.Parser, Long, cancel);

    public static Task<GetVmLogsResponse> LogsAsync(this ConciergeClient concierge, string name, CancellationToken cancel) =>
        concierge.CallAsync(
            "GetVmLogs", new GetVmLogsRequest { Name = name, OwnerId = concierge.Owner.Value }, GetVmLogsResponse.Parser, Short, cancel);

    private static bool IsNotOffered(VmToolsException refused) =>
        refused.InnerException is DBus.DBusException { Name: DBus.BusErrors.UnknownMethod or DBus.BusErrors.UnknownInterface };

    /// <summary>The daemon's own sentence where it gives one.</summary>
    public static VmToolsException Failure(DiskImageStatus status, string reason, string otherwise) => new(
        status switch
        {
            DiskImageStatus.DiskStatusNotEnoughSpace => ErrorKind.ResourceExhausted,
            DiskImageStatus.DiskStatusDoesNotExist => ErrorKind.NotFound,
            _ => ErrorKind.Internal,
        },
        reason.Length > 0 ? reason : otherwise);
}
