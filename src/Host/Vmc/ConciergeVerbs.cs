using VmTools.Host.Bus;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Concierge;

namespace VmTools.Host.Vmc;

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

    public static Task<SuccessFailureResponse> StopAsync(this ConciergeClient concierge, string name, CancellationToken cancel) =>
        concierge.CallAsync(
            "StopVm", new StopVmRequest { Name = name, OwnerId = concierge.Owner.Value }, SuccessFailureResponse.Parser, Long, cancel);

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
