using System.Collections.Immutable;

namespace VmTools.Host.Cicerone.Containers;

/// <summary>A container as vm_cicerone knows it.</summary>
internal sealed record KnownContainer(ContainerName Name, ContainerState State)
{
    /// <summary>More are not kept.</summary>
    public const int MostShells = 1024;

    /// <summary>The secret of the container that runs; null where it does not run, or was started while no vm_cicerone ran.</summary>
    public string? Token { get; init; }

    /// <summary>The secret that was made for a start which has not ended yet.</summary>
    public string? PendingToken { get; init; }

    /// <summary>What the secret of the container that runs is recognised by, also one that a former vm_cicerone made.</summary>
    public TokenDigest? Digest { get; init; }

    /// <summary>What the secret of the start is recognised by.</summary>
    public TokenDigest? PendingDigest { get; init; }

    /// <summary>The shells in it, by the process of vsh on the host that each belongs to.</summary>
    public ImmutableDictionary<int, int> Shells { get; init; } = ImmutableDictionary<int, int>.Empty;

    /// <summary>Whether garcon has said that it can be called.</summary>
    public bool IsRegistered { get; init; }

    /// <summary>Null until the guest has told.</summary>
    public ContainerOs? Os { get; init; }

    /// <summary>The TCP ports that something in it listens on, as its VM told last.</summary>
    public IReadOnlyList<ushort> Ports { get; init; } = [];

    /// <summary>A container that begins to run takes the secret of its start; one that has stopped has none.</summary>
    public KnownContainer In(ContainerState state) => state switch
    {
        ContainerState.Running when State == ContainerState.Running || PendingDigest is null => this with { State = state },
        ContainerState.Running => this with
        {
            State = state,
            Token = PendingToken,
            Digest = PendingDigest,
            PendingToken = null,
            PendingDigest = null,
        },
        ContainerState.Stopped => new KnownContainer(Name, state) { Os = Os },
        ContainerState.Starting or ContainerState.Stopping => this with { State = state },
        _ => throw new InvalidOperationException($"A container cannot be {state}."),
    };

    /// <summary>A secret for the start that is under way or comes next; null forgets the one that was for it.</summary>
    public KnownContainer WithPending(string? token) => this with
    {
        PendingToken = token,
        PendingDigest = token is null ? null : TokenDigest.Of(token),
    };

    /// <summary>Whether it is this container's secret, of the run or of the start that is under way.</summary>
    public bool Knows(TokenDigest token) => (Digest?.Matches(token) ?? false) | (PendingDigest?.Matches(token) ?? false);
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
