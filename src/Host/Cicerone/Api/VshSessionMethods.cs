using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// RegisterVshSession and GetVshSession: which shell of a container belongs to which vsh of the host. What vsh registers is only kept.
/// </summary>
internal sealed class VshSessionMethods(VmLookup vms, ContainerTable containers) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("RegisterVshSession", RegisterVshSessionRequest.Parser, BusErrors.Failed, (request, _) =>
            Task.FromResult(Register(request))),
        OwnedObject.Method("GetVshSession", GetVshSessionRequest.Parser, BusErrors.Failed, (request, _) => Task.FromResult(Get(request))),
    ];

    public IEnumerable<ServedMethod> OwnMethods => [];

    private RegisterVshSessionResponse Register(RegisterVshSessionRequest request)
    {
        if (request.HostVshPid <= 0 || request.ContainerShellPid < 0)
        {
            return new RegisterVshSessionResponse { FailureReason = "A process has a positive number (host_vsh_pid)." };
        }

        if (Find(request.OwnerId, request.VmName, request.ContainerName, out var why) is not { } container)
        {
            return new RegisterVshSessionResponse { FailureReason = why };
        }

        return containers.KeepShell(container.Vm, container.Known.Name, request.HostVshPid, request.ContainerShellPid)
            ? new RegisterVshSessionResponse { Success = true }
            : new RegisterVshSessionResponse { FailureReason = $"A container has {KnownContainer.MostShells} sessions at most." };
    }

    private GetVshSessionResponse Get(GetVshSessionRequest request)
    {
        if (Find(request.OwnerId, request.VmName, request.ContainerName, out var why) is not { } container)
        {
            return new GetVshSessionResponse { FailureReason = why };
        }

        return container.Known.Shells.TryGetValue(request.HostVshPid, out var shell)
            ? new GetVshSessionResponse { Success = true, ContainerShellPid = shell }
            : new GetVshSessionResponse { FailureReason = $"No vsh with the process id {request.HostVshPid} has a session there." };
    }

    private (VmId Vm, KnownContainer Known)? Find(string owner, string vm, string container, out string why)
    {
        why = "";
        if (vms.Find(owner, vm) is not { } known)
        {
            why = Refusals.UnknownVm(vm);
        }
        else if (!ContainerName.TryParseOrDefault(container, out var name))
        {
            why = Refusals.BadName(container);
        }
        else if (containers.Find(known.Id, name) is not { State: ContainerState.Running } running)
        {
            why = Refusals.NotRunning(name);
        }
        else
        {
            return (known.Id, running);
        }

        return null;
    }
}
