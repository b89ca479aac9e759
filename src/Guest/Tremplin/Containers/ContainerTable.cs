using System.Net;
using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;
using VmTools.Guest.Tremplin.Network;
using VmTools.Guest.Tremplin.Storage;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Containers;

/// <summary>The containers of the VM, by name.</summary>
/// <param name="with">What each container needs.</param>
/// <param name="images">What new ones are made from.</param>
/// <param name="subnet">Where their addresses come from.</param>
/// <param name="know">Told names and addresses whenever they change.</param>
internal sealed partial class ContainerTable(
    ContainerDependencies with,
    ImageStore images,
    ContainerSubnet subnet,
    Action<IReadOnlyList<(string Name, IPAddress Address)>> know) : IDisposable
{
    /// <summary>In percent.</summary>
    private const int ProgressStep = 5;

    private readonly Lock _gate = new();
    private readonly Dictionary<ContainerName, Container> _containers = [];
    private readonly ILogger _log = with.Log;
    private bool _closed;

    /// <summary>Takes over what is there: containers that run go on, and what a kill has left half done goes.</summary>
    public async Task LoadAsync(CancellationToken cancel)
    {
        var running = new HashSet<ContainerName>();
        foreach (var record in with.Store.Read())
        {
            var found = with.Runtime.TakeOver(record);
            if (found is null)
            {
                await with.Runtime.ClearAsync(record.Name, cancel);
            }
            else
            {
                running.Add(record.Name);
            }

            _containers.Add(record.Name, Container.Found(record, found, with));
        }

        with.Runtime.UnmountOthers(running);
        foreach (var leaving in with.Store.Leavings().Concat(images.Leavings()))
        {
            LogLeaving(Path.GetFileName(leaving));
            await with.RemoveTree(leaving, cancel);
        }

        Changed();
    }

    /// <summary>All containers that are whole, by name.</summary>
    public IReadOnlyList<(ContainerRecord Record, ContainerState State)> List() =>
    [
        .. All().Select(container => container.Look())
            .Where(look => look.State != ContainerState.Creating)
            .OrderBy(look => look.Record.Name.Value, StringComparer.Ordinal),
    ];

    /// <summary>What running containers listen on, where they do, by name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<ushort>> ListeningPorts() => All()
        .Select(container => (container.Name.Value, Ports: container.ListeningPorts()))
        .Where(entry => entry.Ports.Count > 0)
        .ToDictionary(entry => entry.Value, entry => entry.Ports);

    /// <summary>Begins to make a container of files in the VM, or a stock container.</summary>
    public RequestOutcome Create(ContainerName name, ImageSource? source = null)
    {
        Container container;
        Func<Task> make;
        lock (_gate)
        {
            if (_containers.TryGetValue(name, out var known))
            {
                return known.Look().State switch
                {
                    ContainerState.Creating => RequestOutcome.UnderWay,
                    ContainerState.Deleting => RequestOutcome.Refused($"container {name} is just being deleted; try again in a moment"),
                    _ => RequestOutcome.AlreadyDone,
                };
            }

            var stock = source is null ? images.Stock() : null;
            if (source is null && stock is null)
            {
                return RequestOutcome.Refused("the VM was started without the stock container's image; make the image and start it again");
            }

            if (_closed || NewRecord(name, stock?.Id ?? Guid.NewGuid()) is not { } record)
            {
                return RequestOutcome.Refused(_closed ? "the VM is shutting down" : "the VM has as many containers as it can have");
            }

            container = Container.ToBeMade(record, with);
            _containers.Add(name, container);
            make = () => MakeAsync(record, () => source is null
                ? images.EnsureAsync(stock!.Value, CancellationToken.None)
                : with.Unpack(source, record.Image, ProgressOf(name), CancellationToken.None));
        }

        container.Make(make, Forget);
        return RequestOutcome.Begun;
    }

    /// <param name="name">The container.</param>
    /// <param name="token">The secret by which the host will know it; empty where the host gives none.</param>
    public RequestOutcome Start(ContainerName name, string token = "") =>
        _closed ? RequestOutcome.Refused("the VM is shutting down") : Find(name)?.Start(token) ?? RequestOutcome.NoSuchContainer;

    public RequestOutcome Stop(ContainerName name) => Find(name)?.Stop(ContainerRun.Patience) ?? RequestOutcome.NoSuchContainer;

    /// <summary>Begins to delete a container, and stops it first where it runs.</summary>
    public RequestOutcome Delete(ContainerName name) => Find(name)?.Delete(DeletedAsync) ?? RequestOutcome.NoSuchContainer;

    /// <summary>Null where there is none.</summary>
    public Container? Find(ContainerName name)
    {
        lock (_gate)
        {
            return _containers.GetValueOrDefault(name);
        }
    }

    /// <summary>Stops all containers and starts none any more; completes when none runs.</summary>
    public async Task StopAllAsync(TimeSpan patience)
    {
        _closed = true;
        var all = All();
        foreach (var container in all)
        {
            container.Stop(patience);
        }

        await Task.WhenAll(all.Select(container => container.Idle));
    }

    public void Dispose()
    {
        foreach (var container in All())
        {
            container.Dispose();
        }
    }

    private IReadOnlyList<Container> All()
    {
        lock (_gate)
        {
            return [.. _containers.Values];
        }
    }

    /// <summary>With the gate held. Null when ranges of ids or addresses are used up.</summary>
    private ContainerRecord? NewRecord(ContainerName name, Guid image)
    {
        var records = _containers.Values.Select(container => container.Look().Record).ToList();
        return UidRange.LowestFree(records.Select(record => record.Ids)) is { } ids
            && subnet.LowestFree(records.Select(record => record.Address)) is { } address
            ? new ContainerRecord { Name = name, Image = image, Ids = ids, Address = address }
            : null;
    }

    private async Task MakeAsync(ContainerRecord record, Func<Task> makeImage)
    {
        await makeImage();
        foreach (var leaving in with.Store.Leavings().Where(leaving => Path.GetFileName(leaving) == $".new-{record.Name}"))
        {
            await with.RemoveTree(leaving, CancellationToken.None);
        }

        with.Store.Make(record, subnet.Bridge.ToString());
        Changed();
    }

    /// <summary>Tells the host how far the making is, in few steps.</summary>
    private Action<int> ProgressOf(ContainerName name)
    {
        var told = 0;
        return percent =>
        {
            if (percent >= told + ProgressStep)
            {
                told = percent;
                with.Tell(new ContainerNotice(ContainerNoticeKind.Creating, name.Value) { Percent = percent });
            }
        };
    }

    private async Task DeletedAsync(Container container)
    {
        Forget(container);
        foreach (var tree in images.RemoveUnused(All().Select(other => other.Look().Record.Image).ToHashSet()))
        {
            await TryRemoveAsync(tree);
        }
    }

    /// <summary>What cannot be removed now, the next tremplin removes.</summary>
    private async Task TryRemoveAsync(string tree)
    {
        try
        {
            await with.RemoveTree(tree, CancellationToken.None);
        }
        catch (Exception failure) when (failure is IOException or VmToolsException)
        {
            LogNotRemoved(Path.GetFileName(tree), failure.Message);
        }
    }

    private void Forget(Container container)
    {
        lock (_gate)
        {
            _containers.Remove(container.Name);
        }

        Changed();
    }

    private void Changed()
    {
        lock (_gate)
        {
            var records = _containers.Values.Select(container => container.Look().Record);
            know([.. records.Select(record => (record.Name.Value, record.Address))]);
        }
    }

    [LoggerMessage(1852, LogLevel.Warning, "image {Name} is not wholly removed: {Reason}")]
    private partial void LogNotRemoved(string name, string reason);

    [LoggerMessage(1851, LogLevel.Warning, "{Name} is removed: it was being made or deleted when the former tremplin ended")]
    private partial void LogLeaving(string name);
}
