namespace VmTools.Guest.Tremplin.Containers;

/// <summary>How a container stands.</summary>
internal enum ContainerState
{
    /// <summary>Not whole yet: after a kill it is not there.</summary>
    Creating,
    Stopped,

    /// <summary>From the request until a first command can run.</summary>
    Starting,
    Running,
    Stopping,

    /// <summary>It ends, if it runs, and then goes with all that belongs to it.</summary>
    Deleting,
}

/// <summary>What happens to a container.</summary>
internal enum ContainerEvent
{
    /// <summary>Its directory is whole.</summary>
    Made,
    StartRequested,

    /// <summary>A first command can run in it.</summary>
    Answers,
    StopRequested,
    DeleteRequested,

    /// <summary>None of its processes is left, and its mounts are undone.</summary>
    Ended,

    /// <summary>Its directory could not be taken away.</summary>
    NotDeleted,
}

/// <summary>Which state follows which, and what a request means in each: a request that is made twice takes effect once.</summary>
internal static class ContainerLifecycle
{
    /// <summary>What the request is answered; only one that has begun changes the state.</summary>
    public static RequestOutcome Answer(ContainerState state, ContainerEvent request) => (state, request) switch
    {
        (ContainerState.Stopped, ContainerEvent.StartRequested) => RequestOutcome.Begun,
        (ContainerState.Starting, ContainerEvent.StartRequested) => RequestOutcome.UnderWay,
        (ContainerState.Running, ContainerEvent.StartRequested) => RequestOutcome.AlreadyDone,
        (ContainerState.Starting or ContainerState.Running, ContainerEvent.StopRequested) => RequestOutcome.Begun,
        (ContainerState.Stopping, ContainerEvent.StopRequested) => RequestOutcome.UnderWay,
        (ContainerState.Stopped, ContainerEvent.StopRequested) => RequestOutcome.AlreadyDone,
        (ContainerState.Deleting, ContainerEvent.DeleteRequested) => RequestOutcome.UnderWay,
        (not ContainerState.Creating, ContainerEvent.DeleteRequested) => RequestOutcome.Begun,
        (ContainerState.Creating, _) => RequestOutcome.Refused("it is being made; try again in a moment"),
        (ContainerState.Stopping, _) => RequestOutcome.Refused("it is being stopped; try again in a moment"),
        (ContainerState.Deleting, _) => RequestOutcome.Refused("it is being deleted"),
        _ => throw new InvalidOperationException($"{request} is not a request to a container."),
    };

    public static ContainerState Next(ContainerState state, ContainerEvent happened) => (state, happened) switch
    {
        (ContainerState.Creating, ContainerEvent.Made) => ContainerState.Stopped,
        (ContainerState.Stopped, ContainerEvent.StartRequested) => ContainerState.Starting,
        (ContainerState.Starting, ContainerEvent.Answers) => ContainerState.Running,
        (ContainerState.Starting or ContainerState.Running, ContainerEvent.StopRequested) => ContainerState.Stopping,
        (ContainerState.Starting or ContainerState.Running or ContainerState.Stopping, ContainerEvent.Ended) => ContainerState.Stopped,
        (ContainerState.Stopped or ContainerState.Starting or ContainerState.Running or ContainerState.Stopping,
            ContainerEvent.DeleteRequested) => ContainerState.Deleting,
        (ContainerState.Deleting, ContainerEvent.Ended) => ContainerState.Deleting,
        (ContainerState.Deleting, ContainerEvent.NotDeleted) => ContainerState.Stopped,
        _ => throw new InvalidOperationException($"{happened} cannot happen while the container is {state}."),
    };
}
