using Grpc.Core;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Tremplin;

namespace VmTools.Guest.Tremplin.Api;

/// <summary>Calls about several containers, the VM around them and devices.</summary>
internal sealed partial class TremplinService
{
    private const string NoDevices = "no device of the host can be given to a container";

    /// <summary>One that has failed keeps no other from its zone.</summary>
    public override async Task<SetTimezoneResponse> SetTimezone(SetTimezoneRequest request, ServerCallContext context)
    {
        if (!TimeZoneSetting.TryParse(request.TimezoneName, request.PosixTzString, out var zone))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "this is no name of a time zone"));
        }

        var response = new SetTimezoneResponse();
        foreach (var text in request.ContainerNames)
        {
            if (await TrySetZoneAsync(text, zone, context.CancellationToken) is { } failure)
            {
                response.FailureReasons.Add(failure);
            }
            else
            {
                response.Successes++;
            }
        }

        return response;
    }

    public override Task<HostNetworkChangedResponse> HostNetworkChanged(HostNetworkChangedRequest request, ServerCallContext context)
    {
        vm.NetworkChanged();
        return Task.FromResult(new HostNetworkChangedResponse());
    }

    public override async Task<GetDebugInfoResponse> GetDebugInfo(GetDebugInfoRequest request, ServerCallContext context) =>
        new() { DebugInformation = await vm.Describe(context.CancellationToken) };

    public override Task<AttachUsbToContainerResponse> AttachUsbToContainer(
        AttachUsbToContainerRequest request, ServerCallContext context) => Task.FromResult(Find(request.ContainerName) is null
        ? new AttachUsbToContainerResponse
        {
            Status = AttachUsbToContainerResponse.Types.Status.NoSuchContainer,
            FailureReason = NoSuch(request.ContainerName),
        }
        : new AttachUsbToContainerResponse { Status = AttachUsbToContainerResponse.Types.Status.Failed, FailureReason = NoDevices });

    public override Task<DetachUsbFromContainerResponse> DetachUsbFromContainer(
        DetachUsbFromContainerRequest request, ServerCallContext context) => Task.FromResult(new DetachUsbFromContainerResponse
        {
            Status = DetachUsbFromContainerResponse.Types.Status.Failed,
            FailureReason = NoDevices,
        });

    /// <summary>The VM has none of the devices that could be asked for.</summary>
    public override Task<UpdateContainerDevicesResponse> UpdateContainerDevices(
        UpdateContainerDevicesRequest request, ServerCallContext context)
    {
        if (Find(request.ContainerName) is null)
        {
            return Task.FromResult(new UpdateContainerDevicesResponse
            {
                Status = UpdateContainerDevicesResponse.Types.Status.NoSuchContainer,
                FailureReason = NoSuch(request.ContainerName),
            });
        }

        var response = new UpdateContainerDevicesResponse { Status = UpdateContainerDevicesResponse.Types.Status.Ok };
        foreach (var device in request.Updates.Keys)
        {
            response.Results[device] = UpdateContainerDevicesResponse.Types.UpdateResult.NoSuchVmDevice;
        }

        return Task.FromResult(response);
    }

    /// <summary>Null when it has the zone; else why not.</summary>
    private async Task<string?> TrySetZoneAsync(string text, TimeZoneSetting zone, CancellationToken cancel)
    {
        try
        {
            var container = Find(text) ?? throw new VmToolsException(ErrorKind.NotFound, NoSuch(text));
            await container.SetZoneAsync(zone, cancel);
            return null;
        }
        catch (VmToolsException failure)
        {
            return failure.Message;
        }
    }
}
