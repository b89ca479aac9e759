using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Messages.Tremplin;
using Privilege = VmTools.Protocol.Messages.Tremplin.StartContainerRequest.Types.PrivilegeLevel;
using StartAnswer = VmTools.Protocol.Messages.Tremplin.StartContainerResponse.Types.Status;
using StartStatus = VmTools.Protocol.Messages.Cicerone.StartLxdContainerResponse.Types.Status;
using StopAnswer = VmTools.Protocol.Messages.Tremplin.StopContainerResponse.Types.Status;
using StopStatus = VmTools.Protocol.Messages.Cicerone.StopLxdContainerResponse.Types.Status;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// StartLxdContainer and StopLxdContainer. They answer when the work has begun; signals tell what became of it. An expected failure is the
/// answer's status and its reason.
/// </summary>
internal sealed class RunMethods(VmLookup vms, TremplinConnector tremplins, ContainerTable containers) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("StartLxdContainer", StartLxdContainerRequest.Parser, BusErrors.Failed, StartAsync),
        OwnedObject.Method("StopLxdContainer", StopLxdContainerRequest.Parser, BusErrors.Failed, StopAsync),
    ];

    public IEnumerable<ServedMethod> OwnMethods => [];

    private async Task<StartLxdContainerResponse> StartAsync(StartLxdContainerRequest request, CancellationToken cancel)
    {
        if (vms.Find(request.OwnerId, request.VmName) is not { } vm)
        {
            return StartFailed(Refusals.UnknownVm(request.VmName));
        }

        if (!vm.Type.HasContainers())
        {
            return new StartLxdContainerResponse { Status = StartStatus.Running };
        }

        if (!ContainerName.TryParseOrDefault(request.ContainerName, out var name))
        {
            return StartFailed(Refusals.BadName(request.ContainerName));
        }

        var token = ContainerToken.Make();
        if (!Enum.IsDefined(request.PrivilegeLevel))
        {
            return new StartLxdContainerResponse
            {
                FailureReason = $"There is no privilege level with the number {(int)request.PrivilegeLevel} (privilege_level).",
            };
        }

        if (!containers.BeginStart(vm.Id, name, token))
        {
            return StartFailed(Refusals.TooMany(request.VmName));
        }

        try
        {
            using var tremplin = tremplins.Connect(vm.Cid);
            return Take(vm, name, await tremplin.StartAsync(
                new StartContainerRequest
                {
                    ContainerName = name.Value,
                    Token = token,
                    PrivilegeLevel = (Privilege)(int)request.PrivilegeLevel,
                    DisableAudioCapture = request.DisableAudioCapture,
                },
                cancel));
        }
        catch (VmToolsException refused)
        {
            containers.FailStart(vm.Id, name);
            return StartFailed(refused.Message);
        }
    }

    private StartLxdContainerResponse Take(KnownVm vm, ContainerName name, StartContainerResponse answer)
    {
        if (OsReleases.Read(answer.OsRelease) is { } os)
        {
            containers.Keep(vm.Id, name, os);
        }

        switch (answer.Status)
        {
            case StartAnswer.Started:
                containers.Set(vm.Id, name, ContainerState.Running);
                break;
            case StartAnswer.Running:
                containers.FindRunning(vm.Id, name);
                break;
            case StartAnswer.Starting or StartAnswer.Remapping:
                break;
            default:
                containers.FailStart(vm.Id, name);
                break;
        }

        return new StartLxdContainerResponse
        {
            Status = answer.Status switch
            {
                StartAnswer.Started => StartStatus.Started,
                StartAnswer.Running => StartStatus.Running,
                StartAnswer.Starting => StartStatus.Starting,
                StartAnswer.Remapping => StartStatus.Remapping,
                _ => StartStatus.Failed,
            },
            FailureReason = CleanText.Reason(answer.FailureReason),
            OsRelease = OsReleases.Of(containers.Find(vm.Id, name)?.Os),
        };
    }

    private async Task<StopLxdContainerResponse> StopAsync(StopLxdContainerRequest request, CancellationToken cancel)
    {
        if (vms.Find(request.OwnerId, request.VmName) is not { } vm)
        {
            return StopFailed(Refusals.UnknownVm(request.VmName));
        }

        // A guest is not asked about a container that does not run.
        if (!ContainerName.TryParse(request.ContainerName, out var name)
            || containers.Find(vm.Id, name) is null or { State: ContainerState.Stopped })
        {
            return new StopLxdContainerResponse { Status = StopStatus.Stopped };
        }

        try
        {
            using var tremplin = tremplins.Connect(vm.Cid);
            var answer = await tremplin.StopAsync(name, cancel);
            if (answer.Status is StopAnswer.Stopped or StopAnswer.DoesNotExist)
            {
                containers.Set(vm.Id, name, ContainerState.Stopped);
            }

            return new StopLxdContainerResponse
            {
                Status = answer.Status switch
                {
                    StopAnswer.Stopped => StopStatus.Stopped,
                    StopAnswer.Stopping => StopStatus.Stopping,
                    StopAnswer.DoesNotExist => StopStatus.DoesNotExist,
                    _ => StopStatus.Failed,
                },
                FailureReason = CleanText.Reason(answer.FailureReason),
            };
        }
        catch (VmToolsException refused)
        {
            return StopFailed(refused.Message);
        }
    }

    private static StartLxdContainerResponse StartFailed(string why) => new() { Status = StartStatus.Failed, FailureReason = why };

    private static StopLxdContainerResponse StopFailed(string why) => new() { Status = StopStatus.Failed, FailureReason = why };
}
