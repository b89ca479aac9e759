using VmTools.Guest.Tremplin.Containers;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Containers;

public sealed class ContainerLifecycleTests
{
    private static IEnumerable<(ContainerState State, ContainerEvent Request)> Requests =>
        from state in Enum.GetValues<ContainerState>()
        from request in new[] { ContainerEvent.StartRequested, ContainerEvent.StopRequested, ContainerEvent.DeleteRequested }
        select (state, request);

    [Fact]
    public void A_request_changes_the_state_exactly_when_its_answer_is_that_it_has_begun() => Assert.All(Requests, row => Assert.Equal(
        ContainerLifecycle.Answer(row.State, row.Request) == RequestOutcome.Begun,
        Record.Exception(() => ContainerLifecycle.Next(row.State, row.Request)) is null));

    [Fact]
    public void A_request_that_is_refused_says_why() => Assert.All(Requests, row =>
    {
        var outcome = ContainerLifecycle.Answer(row.State, row.Request);

        Assert.Equal(outcome.Result == RequestResult.Refused, outcome.Reason.Length > 0);
    });

    [Fact]
    public void A_container_is_made_started_and_stopped()
    {
        ContainerEvent[] events =
        [
            ContainerEvent.Made, ContainerEvent.StartRequested, ContainerEvent.Answers, ContainerEvent.StopRequested, ContainerEvent.Ended,
        ];

        Assert.Equal(ContainerState.Stopped, events.Aggregate(ContainerState.Creating, ContainerLifecycle.Next));
    }

    [Theory]
    [InlineData(ContainerState.Starting)]
    [InlineData(ContainerState.Running)]
    [InlineData(ContainerState.Stopping)]
    internal void However_a_container_ends_it_is_stopped(ContainerState state) =>
        Assert.Equal(ContainerState.Stopped, ContainerLifecycle.Next(state, ContainerEvent.Ended));

    [Fact]
    public void What_cannot_happen_is_a_defect() =>
        Assert.Throws<InvalidOperationException>(() => ContainerLifecycle.Next(ContainerState.Stopped, ContainerEvent.Answers));
}
