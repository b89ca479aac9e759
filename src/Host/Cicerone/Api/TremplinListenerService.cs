using Grpc.Core;
using Microsoft.Extensions.Logging;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Cicerone.Zone;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Tremplin;
using Created = VmTools.Protocol.Messages.Cicerone.LxdContainerCreatedSignal.Types.Status;
using Creation = VmTools.Protocol.Messages.Tremplin.ContainerCreationProgress.Types.Status;
using Deleted = VmTools.Protocol.Messages.Cicerone.LxdContainerDeletedSignal.Types.Status;
using Deletion = VmTools.Protocol.Messages.Tremplin.ContainerDeletionProgress.Types.Status;
using LxdStarted = VmTools.Protocol.Messages.Cicerone.StartLxdProgressSignal.Types.Status;
using LxdStart = VmTools.Protocol.Messages.Tremplin.StartLxdProgress.Types.Status;
using Start = VmTools.Protocol.Messages.Tremplin.ContainerStartProgress.Types.Status;
using Started = VmTools.Protocol.Messages.Cicerone.LxdContainerStartingSignal.Types.Status;
using Stop = VmTools.Protocol.Messages.Tremplin.ContainerStopProgress.Types.Status;
using Stopped = VmTools.Protocol.Messages.Cicerone.LxdContainerStoppingSignal.Types.Status;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// Where the container hosts of VMs tell what became of containers (tremplin.proto). Which VM speaks is known by its CID; it is believed
/// about its own containers, within limits.
/// </summary>
internal sealed partial class TremplinListenerService(
    VmLookup vms,
    ContainerTable containers,
    ReadContainers read,
    ContainerSignals signals,
    ZoneUpdates zones,
    VmAllowance allowance,
    ILogger log)
    : TremplinListener.TremplinListenerBase
{
    /// <summary>Containers may run already: tremplin was started anew. They are known before its clients hear of it.</summary>
    public override async Task<EmptyMessage> TremplinReady(TremplinStartupInfo request, ServerCallContext context)
    {
        var vm = Caller(context);
        await read.TryRunAsync(vm, context.CancellationToken);
        LogReady(vm.Id.Name.Value);
        signals.TremplinStarted(vm.Id);
        return new EmptyMessage();
    }

    public override Task<EmptyMessage> UpdateStartLxdStatus(StartLxdProgress request, ServerCallContext context)
    {
        var vm = Caller(context);
        var status = request.Status switch
        {
            LxdStart.Starting => LxdStarted.Starting,
            LxdStart.Recovering => LxdStarted.Recovering,
            LxdStart.Started => LxdStarted.Started,
            LxdStart.Failed => LxdStarted.Failed,
            _ => throw NoStatus((int)request.Status),
        };
        signals.StartLxdProgress(vm.Id, status, CleanText.Reason(request.FailureReason));
        return Done;
    }

    public override Task<EmptyMessage> UpdateCreateStatus(ContainerCreationProgress request, ServerCallContext context)
    {
        var (vm, name) = (Caller(context), NameIn(request.ContainerName));
        if (request.Status == Creation.Downloading)
        {
            signals.Downloading(vm.Id, name, Math.Clamp(request.DownloadProgress, 0, 100));
            return Done;
        }

        var status = request.Status switch
        {
            Creation.Created => Created.Created,
            Creation.DownloadTimedOut => Created.DownloadTimedOut,
            Creation.Cancelled => Created.Cancelled,
            Creation.Failed => Created.Failed,
            _ => throw NoStatus((int)request.Status),
        };
        if (status == Created.Created)
        {
            Set(vm, name, ContainerState.Stopped);
        }

        LogNews(vm.Id.Name.Value, name.Value, "creation", status.ToString());
        signals.Created(vm.Id, name, status, CleanText.Reason(request.FailureReason));
        return Done;
    }

    public override Task<EmptyMessage> UpdateDeletionStatus(ContainerDeletionProgress request, ServerCallContext context)
    {
        var (vm, name) = (Caller(context), NameIn(request.ContainerName));
        var status = request.Status switch
        {
            Deletion.Deleted => Deleted.Deleted,
            Deletion.Cancelled => Deleted.Cancelled,
            Deletion.Failed => Deleted.Failed,
            _ => throw NoStatus((int)request.Status),
        };
        if (status == Deleted.Deleted)
        {
            containers.Remove(vm.Id, name);
        }

        LogNews(vm.Id.Name.Value, name.Value, "deletion", status.ToString());
        signals.Deleted(vm.Id, name, status, CleanText.Reason(request.FailureReason));
        return Done;
    }

    /// <summary>STARTING repeats as a sign of life and is no news for the log.</summary>
    public override Task<EmptyMessage> UpdateStartStatus(ContainerStartProgress request, ServerCallContext context)
    {
        var (vm, name) = (Caller(context), NameIn(request.ContainerName));
        var (status, state) = request.Status switch
        {
            Start.Started => (Started.Started, ContainerState.Running),
            Start.Starting => (Started.Starting, ContainerState.Starting),
            Start.Cancelled => (Started.Cancelled, ContainerState.Stopped),
            Start.Failed => (Started.Failed, ContainerState.Stopped),
            _ => throw NoStatus((int)request.Status),
        };
        Set(vm, name, state);
        if (status != Started.Starting)
        {
            LogNews(vm.Id.Name.Value, name.Value, "start", status.ToString());
        }

        if (status == Started.Started)
        {
            zones.Started(vm, name);
        }

        signals.Starting(vm.Id, name, status, CleanText.Reason(request.FailureReason), containers.Find(vm.Id, name)?.Os);
        return Done;
    }

    /// <summary>A container whose stop failed still runs.</summary>
    public override Task<EmptyMessage> UpdateStopStatus(ContainerStopProgress request, ServerCallContext context)
    {
        var (vm, name) = (Caller(context), NameIn(request.ContainerName));
        var (status, state) = request.Status switch
        {
            Stop.Stopped => (Stopped.Stopped, ContainerState.Stopped),
            Stop.Stopping => (Stopped.Stopping, ContainerState.Stopping),
            Stop.Cancelled => (Stopped.Cancelled, ContainerState.Running),
            Stop.Failed => (Stopped.Failed, ContainerState.Running),
            _ => throw NoStatus((int)request.Status),
        };
        Set(vm, name, state);
        if (status != Stopped.Stopping)
        {
            LogNews(vm.Id.Name.Value, name.Value, "stop", status.ToString());
        }

        signals.Stopping(vm.Id, name, status, CleanText.Reason(request.FailureReason));
        return Done;
    }

    public override Task<EmptyMessage> ContainerShutdown(ContainerShutdownInfo request, ServerCallContext context)
    {
        var (vm, name) = (Caller(context), NameIn(request.ContainerName));
        Set(vm, name, ContainerState.Stopped);
        LogNews(vm.Id.Name.Value, name.Value, "end", "by itself");
        signals.ShutDown(vm.Id, name);
        return Done;
    }

    /// <summary>All ports of all containers of the VM; a container that is not known has been deleted meanwhile.</summary>
    public override Task<EmptyMessage> UpdateListeningPorts(ListeningPortInfo request, ServerCallContext context)
    {
        var vm = Caller(context);
        var ports = new Dictionary<ContainerName, IReadOnlyList<ushort>>();
        foreach (var (text, told) in request.ContainerPorts.Take(ContainerTable.MostPerVm))
        {
            if (ContainerName.TryParse(text, out var name))
            {
                ports[name] = ListedContainers.PortsOf(told.ListeningTcp4Ports);
            }
        }

        containers.SetPorts(vm.Id, ports);
        return Done;
    }

    private static Task<EmptyMessage> Done => Task.FromResult(new EmptyMessage());

    private KnownVm Caller(ServerCallContext context)
    {
        var cid = context.PeerCid();
        var vm = vms.Find(cid) ?? throw Refused(StatusCode.FailedPrecondition, $"No VM with CID {cid.Value} is known.");
        return allowance.TryTake(vm.Id)
            ? vm
            : throw Refused(StatusCode.ResourceExhausted, "This VM has told its share of its containers for now.");
    }

    private static ContainerName NameIn(string text) => ContainerName.TryParse(text, out var name)
        ? name
        : throw Refused(StatusCode.InvalidArgument, "No container can have this name.");

    private void Set(KnownVm vm, ContainerName name, ContainerState state)
    {
        if (!containers.Set(vm.Id, name, state))
        {
            throw Refused(StatusCode.ResourceExhausted, $"A VM has {ContainerTable.MostPerVm} containers at most.");
        }
    }

    private static RpcException NoStatus(int number) =>
        Refused(StatusCode.InvalidArgument, $"There is no status with the number {number}.");

    private static RpcException Refused(StatusCode code, string why) => new(new Status(code, why));

    [LoggerMessage(3321, LogLevel.Information, "VM {Vm}: its container host is up")]
    private partial void LogReady(string vm);

    [LoggerMessage(3322, LogLevel.Information, "VM {Vm}: container {Container}: {What}: {Status}")]
    private partial void LogNews(string vm, string container, string what, string status);
}
