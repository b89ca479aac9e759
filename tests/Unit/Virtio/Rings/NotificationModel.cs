namespace VmTools.Unit.Virtio.Rings;

/// <summary>
/// A model of the kick protocol on a machine with store buffers: each side's stores reach the other only when flushed, in order, at any
/// later time; a fence waits for the flush. The driver offers a few entries, the device drains, asks for a kick and looks again. The
/// same shape, mirrored, is the call protocol.
/// </summary>
internal sealed class NotificationModel(bool driverFence, bool deviceFence, bool lookAgain)
{
    private const int Entries = 3;

    private readonly HashSet<State> _seen = [];

    /// <summary>
    /// Goes through every interleaving; true when no run ends with an entry offered, the device asleep and no kick under way.
    /// </summary>
    public bool NeverLosesAWakeUp() => Explore(new State());

    public int StatesSeen => _seen.Count;

    private bool Explore(State state)
    {
        if (!_seen.Add(state))
        {
            return true;
        }

        var steps = Steps(state).ToList();
        return steps.Count == 0 ? !state.IsLost : steps.TrueForAll(Explore);
    }

    private IEnumerable<State> Steps(State state)
    {
        if (state.DriverBuffered)
        {
            yield return state with { IndexSeen = state.Index, DriverBuffered = false };
        }

        if (state.DeviceBuffered)
        {
            yield return state with { EventSeen = state.Event, DeviceBuffered = false };
        }

        if (DriverStep(state) is { } driver)
        {
            yield return driver;
        }

        if (DeviceStep(state) is { } device)
        {
            yield return device;
        }
    }

    private State? DriverStep(State state) => state.DriverAt switch
    {
        DriverAt.Offer when state.Index < Entries =>
            state with { Index = state.Index + 1, DriverBuffered = true, DriverAt = DriverAt.Fence },
        DriverAt.Fence when !driverFence || !state.DriverBuffered => state with { DriverAt = DriverAt.Decide },

        // vring_need_event for one new entry: kick when the event names exactly the entry before the new index.
        DriverAt.Decide => state with { Kick = state.Kick || state.EventSeen == state.Index - 1, DriverAt = DriverAt.Offer },
        _ => null,
    };

    private State? DeviceStep(State state) => state.DeviceAt switch
    {
        DeviceAt.Drain => state with { Taken = state.IndexSeen, DeviceAt = DeviceAt.Ask },
        DeviceAt.Ask => state with { Event = state.Taken, DeviceBuffered = true, DeviceAt = DeviceAt.Fence },
        DeviceAt.Fence when !deviceFence || !state.DeviceBuffered => state with { DeviceAt = lookAgain ? DeviceAt.Look : DeviceAt.Sleep },
        DeviceAt.Look => state with { DeviceAt = state.IndexSeen == state.Taken ? DeviceAt.Sleep : DeviceAt.Drain },
        DeviceAt.Sleep when state.Kick => state with { Kick = false, DeviceAt = DeviceAt.Drain },
        _ => null,
    };

    private enum DriverAt
    {
        Offer,
        Fence,
        Decide,
    }

    private enum DeviceAt
    {
        Drain,
        Ask,
        Fence,
        Look,
        Sleep,
    }

    /// <summary>
    /// The "Seen" values are what the other side reads; the driver's own index and the device's own event run ahead of them.
    /// </summary>
    private readonly record struct State(
        int Index, int IndexSeen, bool DriverBuffered, DriverAt DriverAt,
        int Taken, int Event, int EventSeen, bool DeviceBuffered, DeviceAt DeviceAt, bool Kick)
    {
        public bool IsLost => DeviceAt == DeviceAt.Sleep && Taken < Index;
    }
}
