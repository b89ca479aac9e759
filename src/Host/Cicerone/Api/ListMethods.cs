using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// Which containers there are: those that run as vm_cicerone knows them, for the original's clients; all of a VM as the VM tells, for ours;
/// and the secret of one.
/// </summary>
internal sealed class ListMethods(VmLookup vms, ReadContainers read, ContainerTable containers) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods =>
    [
        OwnedObject.Method("ListRunningContainers", ListRunningContainersRequest.Parser, BusErrors.Failed, (request, _) =>
            Task.FromResult(Running(request.OwnerId))),
        OwnedObject.Method("GetContainerToken", ContainerTokenRequest.Parser, BusErrors.Failed, (request, _) =>
            Task.FromResult(new ContainerTokenResponse { ContainerToken = MakeToken(request) })),
    ];

    public IEnumerable<ServedMethod> OwnMethods =>
    [
        new(CiceroneBus.ListContainersMember, "ss", "s", ListAsync)
        {
            InNames = ["owner_id", "vm_name"],
            OutNames = ["containers_json"],
        },
    ];

    private ListRunningContainersResponse Running(string owner)
    {
        var running = OwnerId.TryParse(owner, out var id) ? containers.RunningOf(id) : [];
        return new ListRunningContainersResponse
        {
            Containers =
            {
                running.Select(one => new ContainerInfo
                {
                    VmName = one.Vm.Name.Value,
                    ContainerName = one.Container.Name.Value,
                    OsRelease = OsReleases.Of(one.Container.Os),
                    ContainerToken = one.Container.Token ?? "",
                }),
            },
        };
    }

    /// <summary>The secret is the one of the container's next start. Empty where there can be none.</summary>
    private string MakeToken(ContainerTokenRequest request)
    {
        var token = ContainerToken.Make();
        return vms.Find(request.OwnerId, request.VmName) is { } vm
            && vm.Type.HasContainers()
            && ContainerName.TryParse(request.ContainerName, out var name)
            && containers.Keep(vm.Id, name, token)
            ? token
            : "";
    }

    /// <exception cref="DBusException">The VM does not run, or has no container host.</exception>
    private async Task<BusBody> ListAsync(BusRequest request, CancellationToken cancel)
    {
        var (owner, name) = (request.Body.Text(0), request.Body.Text(1));
        var vm = vms.Find(owner, name) ?? throw new DBusException(BusErrors.Failed, Refusals.UnknownVm(name));
        if (!vm.Type.HasContainers())
        {
            return BusBody.Of(ContainerReports.Write([]));
        }

        try
        {
            var list = await read.RunAsync(vm, cancel);
            return BusBody.Of(ContainerReports.Write(
                
                [
                    .. list.OrderBy(container => container.Name.Value, StringComparer.Ordinal)
                        .Select(container => ReportOf(container, containers.Find(vm.Id, container.Name)?.IsRegistered ?? false)),
                ]));
        }
        catch (VmToolsException refused)
        {
            throw new DBusException(BusErrors.Failed, refused.Message, refused);
        }
    }

    private static ContainerReport ReportOf(ListedContainer container, bool hasGarcon) => new(container.Name.Value, NameOf(container.State))
    {
        Ipv4 = container.Address,
        Username = container.User,
        Os = container.Os,
        Image = container.Image,
        Garcon = hasGarcon,
        Ports = [.. container.Ports],
    };

    private static string NameOf(ContainerState state) => state switch
    {
        ContainerState.Stopped => "STOPPED",
        ContainerState.Starting => "STARTING",
        ContainerState.Running => "RUNNING",
        ContainerState.Stopping => "STOPPING",
        _ => throw new InvalidOperationException($"The state {state} has no name."),
    };
}
