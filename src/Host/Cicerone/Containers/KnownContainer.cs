namespace VmTools.Host.Cicerone.Containers;

/// <summary>A container as vm_cicerone knows it.</summary>
internal sealed record KnownContainer(ContainerName Name, ContainerState State)
{
    /// <summary>The secret of the container that runs; null where it does not run, or was started while no vm_cicerone ran.</summary>
    public string? Token { get; init; }

    /// <summary>The secret that was made for a start which has not ended yet.</summary>
    public string? PendingToken { get; init; }

    /// <summary>Null until the guest has told.</summary>
    public ContainerOs? Os { get; init; }

    /// <summary>The TCP ports that something in it listens on, as its VM told last.</summary>
    public IReadOnlyList<ushort> Ports { get; init; } = [];

    /// <summary>A container that begins to run takes the secret of its start; one that has stopped has none.</summary>
    public KnownContainer In(ContainerState state) => state switch
    {
        ContainerState.Running => this with { State = state, Token = PendingToken ?? Token, PendingToken = null },
        ContainerState.Stopped => this with { State = state, Token = null, PendingToken = null, Ports = [] },
        ContainerState.Starting or ContainerState.Stopping => this with { State = state },
        _ => throw new InvalidOperationException($"A container cannot be {state}."),
    };
}

/// <summary>What a container's os-release says (os-release(5)), cleaned.</summary>
internal sealed record ContainerOs(string PrettyName)
{
    public string Name { get; init; } = "";

    public string Version { get; init; } = "";

    public string VersionId { get; init; } = "";

    public string Id { get; init; } = "";
}

/// <summary>A container as its VM lists it, with texts that are safe to show.</summary>
internal sealed record ListedContainer(ContainerName Name, ContainerState State)
{
    /// <summary>Empty where it has no address.</summary>
    public string Address { get; init; } = "";

    public string User { get; init; } = "";

    public string Os { get; init; } = "";

    public string Image { get; init; } = "";

    public IReadOnlyList<ushort> Ports { get; init; } = [];
}
