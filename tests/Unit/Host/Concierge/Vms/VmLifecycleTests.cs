using VmTools.Host.Concierge.Vms;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Vms;

/// <summary>Which state follows which, and that everything else is refused by name.</summary>
public sealed class VmLifecycleTests
{
    private static readonly Dictionary<(VmState, VmEvent), VmState> Allowed = new()
    {
        [(VmState.Claimed, VmEvent.Announced)] = VmState.Starting,
        [(VmState.Claimed, VmEvent.Adopted)] = VmState.Running,
        [(VmState.Starting, VmEvent.GuestReady)] = VmState.Running,
        [(VmState.Claimed, VmEvent.StartFailed)] = VmState.Releasing,
        [(VmState.Starting, VmEvent.StartFailed)] = VmState.Releasing,
        [(VmState.Running, VmEvent.StopRequested)] = VmState.Stopping,
        [(VmState.Running, VmEvent.Ended)] = VmState.Releasing,
        [(VmState.Stopping, VmEvent.Ended)] = VmState.Releasing,
        [(VmState.Releasing, VmEvent.Released)] = VmState.Stopped,
        [(VmState.Running, VmEvent.DaemonLeaves)] = VmState.Detached,
    };

    [Fact]
    public void Every_pair_leads_where_the_table_says_or_is_refused_by_name()
    {
        Assert.All(Pairs(), pair =>
        {
            if (Allowed.TryGetValue(pair, out var next))
            {
                Assert.Equal(next, VmLifecycle.Next(pair.State, pair.Event));
                return;
            }

            var error = Assert.Throws<InvalidOperationException>(() => VmLifecycle.Next(pair.State, pair.Event));
            Assert.Contains(pair.State.ToString(), error.Message, StringComparison.Ordinal);
            Assert.Contains(pair.Event.ToString(), error.Message, StringComparison.Ordinal);
        });
    }

    private static IEnumerable<(VmState State, VmEvent Event)> Pairs() =>
        from state in Enum.GetValues<VmState>()
        from happened in Enum.GetValues<VmEvent>()
        select (state, happened);
}
