using VmTools.Guest.Tremplin.Lxc;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Containers;

/// <summary>
/// A container that is held: its files are read or exchanged as a whole, so that it is neither started nor deleted meanwhile. One that runs
/// goes on, and may end.
/// </summary>
internal sealed partial class Container
{
    private string? _held;

    /// <summary>Holds the container for the time of <paramref name="work"/>, which is told how it stands at the beginning.</summary>
    /// <param name="doing">What is done to it, for whoever wants something else of it: "being exported".</param>
    /// <param name="work">Gets the record, and the running container where it runs.</param>
    /// <exception cref="VmToolsException">It is about to change, or is held already.</exception>
    public async Task HoldAsync(string doing, Func<ContainerRecord, IRunningContainer?, Task> work)
    {
        ContainerRecord record;
        IRunningContainer? running;
        lock (_gate)
        {
            if (_held is { } other)
            {
                throw new VmToolsException(ErrorKind.FailedPrecondition, $"container {Name} is {other}; try again when that is done");
            }

            if (_state is not (ContainerState.Stopped or ContainerState.Running))
            {
                throw new VmToolsException(
                    ErrorKind.FailedPrecondition, $"container {Name} is just {Doing(_state)}; try again in a moment");
            }

            (record, running, _held) = (_record, _state == ContainerState.Running ? _run?.Running : null, doing);
        }

        try
        {
            await work(record, running);
        }
        finally
        {
            lock (_gate)
            {
                _held = null;
            }
        }
    }

    /// <summary>Its files have been exchanged for those of a time when this was known of it.</summary>
    public void Remember(UserName? user, OsRelease release) => Keep(record => record with { User = user, Release = release });

    /// <summary>With the gate held: what only a container that nobody holds can begin.</summary>
    private RequestOutcome? RefusedWhileHeld(ContainerEvent request) =>
        _held is { } doing && request is (ContainerEvent.StartRequested or ContainerEvent.DeleteRequested)
            ? RequestOutcome.Refused($"it is {doing}; try again when that is done")
            : null;

    private static string Doing(ContainerState state) => state switch
    {
        ContainerState.Creating => "being made",
        ContainerState.Starting => "being started",
        ContainerState.Stopping => "being stopped",
        _ => "being deleted",
    };
}
