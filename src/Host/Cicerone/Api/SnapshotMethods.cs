using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Transfers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Api;

/// <summary>
/// Snapshots and copies of containers. What takes its time ends with its client, and the VM undoes what was not finished then.
/// </summary>
internal sealed class SnapshotMethods(VmLookup vms, TremplinConnector tremplins, ClientPresence presence) : IMethodGroup
{
    public IEnumerable<ServedMethod> Methods => [];

    public IEnumerable<ServedMethod> OwnMethods =>
    [
        Method(CiceroneBus.MakeSnapshotMember, (tremplin, name, snapshot, cancel) =>
            tremplin.MakeSnapshotAsync(name, snapshot.Value, cancel)),
        Method(CiceroneBus.RestoreSnapshotMember, (tremplin, name, snapshot, cancel) =>
            tremplin.RestoreSnapshotAsync(name, snapshot.Value, cancel)),
        Method(CiceroneBus.DeleteSnapshotMember, (tremplin, name, snapshot, cancel) =>
            tremplin.DeleteSnapshotAsync(name, snapshot.Value, cancel)),
        Method(CiceroneBus.CopyContainerMember, (tremplin, name, copy, cancel) => tremplin.CopyAsync(name, copy, cancel)),
        new(CiceroneBus.ListSnapshotsMember, "sss", "s", (request, cancel) => AskedAsync(
            request,
            async (tremplin, over) =>
            {
                var snapshots = await tremplin.ListSnapshotsAsync(NameIn(request, 2), over);
                return BusBody.Of(SnapshotReports.Write([.. snapshots.Select(one => new SnapshotReport(one.Name.Value, one.Made))]));
            },
            cancel))
        {
            InNames = ["owner_id", "vm_name", "container_name"],
            OutNames = ["snapshots_json"],
        },
    ];

    /// <summary>A method of two names in a VM, which are of one form.</summary>
    private ServedMethod Method(string member, Func<TremplinClient, ContainerName, ContainerName, CancellationToken, Task> work) =>
        new(member, "ssss", "", (request, cancel) => AskedAsync(
            request,
            async (tremplin, over) =>
            {
                await work(tremplin, NameIn(request, 2), NameIn(request, 3), over);
                return BusBody.Empty;
            },
            cancel))
        {
            InNames = ["owner_id", "vm_name", "container_name", "other_name"],
        };

    private async Task<BusBody> AskedAsync(
        BusRequest request, Func<TremplinClient, CancellationToken, Task<BusBody>> work, CancellationToken cancel)
    {
        try
        {
            using var tremplin = tremplins.Connect(VmsWithContainers.Expect(vms, request.Body.Text(0), request.Body.Text(1)).Cid);
            return await presence.WhileAsync(request.Caller, over => work(tremplin, over), cancel);
        }
        catch (VmToolsException refused)
        {
            throw new DBusException(BusErrors.Failed, refused.Message, refused);
        }
        catch (OperationCanceledException ended)
        {
            throw new DBusException(BusErrors.Failed, $"{request.Member} was broken off.", ended);
        }
    }

    private static ContainerName NameIn(BusRequest request, int argument) =>
        ContainerName.TryParse(request.Body.Text(argument), out var name)
            ? name
            : throw new VmToolsException(ErrorKind.InvalidArgument, Refusals.BadName(request.Body.Text(argument)));
}
