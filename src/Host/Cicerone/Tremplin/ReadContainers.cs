using Microsoft.Extensions.Logging;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Cicerone.Tremplin;

/// <summary>
/// Asks a VM for all its containers and brings the table in step: after a start of tremplin, of vm_cicerone, and whenever a client asks.
/// <paramref name="ended"/> is told of containers that turn out to run no longer.
/// </summary>
internal sealed partial class ReadContainers(
    TremplinConnector tremplins, ContainerTable table, Action<VmId, ContainerName> ended, ILogger log)
{
    /// <summary>A VM whose containers change while each list is on its way has told us of them otherwise.</summary>
    private const int MostTries = 3;

    /// <exception cref="VmToolsException">The VM has no container host, or it gave no list.</exception>
    public async Task<IReadOnlyList<ListedContainer>> RunAsync(KnownVm vm, CancellationToken cancel)
    {
        using var tremplin = tremplins.Connect(vm.Cid);
        IReadOnlyList<ListedContainer> list = [];
        for (var tries = 0; tries < MostTries; tries++)
        {
            var changes = table.ChangesOf(vm.Id);
            list = await tremplin.ListAsync(cancel);
            if (table.TryReplace(vm.Id, changes, list) is { } gone)
            {
                foreach (var name in gone)
                {
                    ended(vm.Id, name);
                }

                break;
            }
        }

        return list;
    }

    /// <summary>As far as that is possible: most VMs have no container host.</summary>
    public async Task TryRunAsync(KnownVm vm, CancellationToken cancel)
    {
        if (!vm.Type.HasContainers())
        {
            return;
        }

        try
        {
            await RunAsync(vm, cancel);
        }
        catch (VmToolsException refused)
        {
            LogUnread(vm.Id.Name.Value, refused.Message);
        }
    }

    [LoggerMessage(3320, LogLevel.Debug, "VM {Vm}: its containers are not known: {Why}")]
    private partial void LogUnread(string vm, string why);
}
