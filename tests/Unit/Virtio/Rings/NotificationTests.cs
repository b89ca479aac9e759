using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.Rings;
using Xunit;

namespace VmTools.Unit.Virtio.Rings;

/// <summary>Who wakes whom, and when not (virtio 1.2, sections 2.7.7 and 2.7.10).</summary>
public sealed class NotificationTests : IDisposable
{
    private static readonly RingRules Rules = new(RingDirection.Both, 0);

    private readonly RingBench _bench = new(eventIndex: true);
    private readonly RingBench _plain = new(eventIndex: false);

    public void Dispose()
    {
        _bench.Dispose();
        _plain.Dispose();
    }

    [Fact]
    public void With_the_event_index_the_driver_kicks_only_past_what_was_taken()
    {
        Assert.True(_bench.Driver.Offer(0));
        Assert.False(_bench.Driver.Offer(1));

        Drain(_bench);

        Assert.Equal(2, _bench.Driver.AvailableEvent);
        Assert.True(_bench.Driver.Offer(2));
    }

    [Fact]
    public void With_the_event_index_used_flags_stay_zero()
    {
        _bench.Ring.DisableNotifications();

        Assert.Equal(0, _bench.Driver.UsedFlags);
    }

    [Fact]
    public void Without_the_event_index_flags_ask_for_no_kicks_while_draining()
    {
        Assert.True(_plain.Driver.Offer(0));

        _plain.Ring.DisableNotifications();
        Assert.False(_plain.Driver.Offer(1));
        Drain(_plain);

        Assert.True(_plain.Driver.Offer(2));
    }

    [Fact]
    public void A_chain_that_came_while_notifications_were_off_is_told_when_they_go_on()
    {
        _plain.Ring.DisableNotifications();
        _plain.Driver.OfferChain(_plain.Driver.Readable([1]));

        Assert.True(_plain.Ring.EnableNotifications());
        Drain(_plain);
        Assert.False(_plain.Ring.EnableNotifications());
    }

    [Fact]
    public void The_first_batch_after_a_start_always_calls()
    {
        // used_event as an earlier driver may have left it: "not before 30000 more".
        _bench.Driver.UsedEvent = 30000;

        Serve(_bench, 1);

        Assert.Equal(1, _bench.Calls);
    }

    [Fact]
    public void With_the_event_index_the_guest_is_called_only_past_its_event()
    {
        Serve(_bench, 1);

        _bench.Driver.UsedEvent = 3;
        Serve(_bench, 2);
        Assert.Equal(1, _bench.Calls);
        Serve(_bench, 1);

        Assert.Equal(2, _bench.Calls);
    }

    [Fact]
    public void An_event_in_the_middle_of_a_batch_calls_once()
    {
        Serve(_bench, 1);
        _bench.Driver.UsedEvent = 2;

        Serve(_bench, 4);

        Assert.Equal(2, _bench.Calls);
    }

    [Fact]
    public void The_event_works_where_the_index_wraps()
    {
        _bench.Driver.AvailableIndex = 65534;
        _bench.Driver.UsedIndex = 65534;
        _bench.Ring.Start(_bench.Memory, _bench.Driver.Layout(_bench.Memory), 65534);
        Serve(_bench, 1);

        _bench.Driver.UsedEvent = 1;
        Serve(_bench, 2);
        Assert.Equal(1, _bench.Calls);
        Serve(_bench, 1);

        Assert.Equal(2, _bench.Calls);
    }

    [Fact]
    public void Without_the_event_index_flags_keep_the_guest_from_being_called()
    {
        Serve(_plain, 1);
        _plain.Driver.AvailableFlags = 1;
        Serve(_plain, 1);
        Assert.Equal(1, _plain.Calls);

        _plain.Driver.AvailableFlags = 0;
        Serve(_plain, 1);

        Assert.Equal(2, _plain.Calls);
    }

    [Fact]
    public void A_batch_is_one_call_and_publishing_nothing_is_none()
    {
        _plain.Ring.Publish();
        Serve(_plain, 5);
        _plain.Ring.Publish();

        Assert.Equal(1, _plain.Calls);
    }

    /// <summary>A device resumed after a pause with the old avail_event in memory was never kicked again.</summary>
    [Fact]
    public void Avail_event_is_written_anew_at_each_start()
    {
        Serve(_bench, 3);
        _bench.Ring.Stop();
        _bench.Driver.AvailableEvent = 40000;

        _bench.Ring.Start(_bench.Memory, _bench.Driver.Layout(_bench.Memory), 3);

        Assert.Equal(3, _bench.Driver.AvailableEvent);
        Assert.True(_bench.Driver.Offer(0));
    }

    [Fact]
    public void A_no_kick_flag_left_by_an_earlier_device_is_cleared_at_the_start()
    {
        _plain.Driver.UsedFlags = 1;

        _plain.Ring.Start(_plain.Memory, _plain.Driver.Layout(_plain.Memory), 0);

        Assert.True(_plain.Driver.Offer(0));
    }

    [Fact]
    public void A_turn_gives_out_one_ring_size_of_chains_and_goes_on_in_the_next()
    {
        using var bench = new RingBench(Rules, size: 4);
        Storm(bench, 4);
        Assert.Equal(4, Drain(bench));
        Storm(bench, 2);

        Assert.False(bench.Ring.TryPop(out _));
        Assert.False(bench.Ring.TryPop(out _));
        Assert.Equal(1, bench.BudgetsSpent);
        Assert.False(bench.Ring.EnableNotifications());

        bench.Ring.Refill();
        Assert.Equal(2, Drain(bench));
    }

    [Fact]
    public void A_storm_of_useless_chains_spends_the_budget_too()
    {
        using var bench = new RingBench(new RingRules(RingDirection.DeviceReads, 44), size: 4);
        Storm(bench, 4);

        Assert.False(bench.Ring.TryPop(out _));
        Storm(bench, 4);
        Assert.False(bench.Ring.TryPop(out _));

        Assert.Equal(4, bench.Ring.RejectedCount);
        Assert.Equal(1, bench.BudgetsSpent);
    }

    [Fact]
    public void Unpopped_chains_cost_no_budget()
    {
        using var bench = new RingBench(Rules, size: 4);
        Storm(bench, 4);

        for (var i = 0; i < 100; i++)
        {
            _ = bench.Pop();
            bench.Ring.UnPop(1);
        }

        Assert.Equal(4, Drain(bench));
    }

    private static void Storm(RingBench bench, int count)
    {
        for (var i = 0; i < count; i++)
        {
            bench.Driver.OfferChain(new DriverBuffer(0, 0, 0));
        }
    }

    private static int Drain(RingBench bench)
    {
        var count = 0;
        while (bench.Ring.TryPop(out var chain))
        {
            bench.Ring.PushUsed(chain.Head, 0);
            count++;
        }

        bench.Ring.Publish();
        bench.Ring.EnableNotifications();
        return count;
    }

    private static void Serve(RingBench bench, int count)
    {
        for (var i = 0; i < count; i++)
        {
            bench.Driver.OfferChain(bench.Driver.Readable([1]));
        }

        Assert.Equal(count, Drain(bench));
    }
}
