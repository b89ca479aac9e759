namespace VmTools.Guest.Tremplin.Containers;

/// <summary>Containers that are made from others.</summary>
internal sealed partial class ContainerTable
{
    /// <summary>Begins to make a container on the image of another one.</summary>
    /// <param name="source">The other one, of which image, user and system are the new one's, too.</param>
    /// <param name="name">The new one's.</param>
    /// <param name="make">Makes its directory.</param>
    public RequestOutcome CreateFrom(ContainerRecord source, ContainerName name, Func<ContainerRecord, Task> make)
    {
        ContainerRecord record;
        Container container;
        lock (_gate)
        {
            if (_containers.ContainsKey(name))
            {
                return RequestOutcome.AlreadyDone;
            }

            if (_closed || NewRecord(name, source.Image) is not { } made)
            {
                return RequestOutcome.Refused(_closed ? "the VM is shutting down" : "the VM has as many containers as it can have");
            }

            record = made with { User = source.User, Release = source.Release };
            container = Container.ToBeMade(record, with);
            _containers.Add(name, container);
        }

        container.Make(() => MakeFromAsync(record, make), Forget);
        return RequestOutcome.Begun;
    }

    private async Task MakeFromAsync(ContainerRecord record, Func<ContainerRecord, Task> make)
    {
        var place = with.Store.PlaceOfNew(record.Name);
        try
        {
            await ClearAsync(place);
            await make(record);
        }
        catch
        {
            await ClearAsync(place);
            throw;
        }

        Changed();
    }

    private async Task ClearAsync(string place)
    {
        if (Directory.Exists(place))
        {
            await with.RemoveTree(place, CancellationToken.None);
        }
    }
}
