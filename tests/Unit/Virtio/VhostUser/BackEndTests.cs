using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.VhostUser;
using Xunit;

namespace VmTools.Unit.Virtio.VhostUser;

/// <summary>Rules of the back end that no single recorded sequence shows; several are mistakes other back ends have made.</summary>
public sealed class BackEndTests : IDisposable
{
    private readonly FakeFrontEnd _end = new();

    public void Dispose() => _end.Dispose();

    [Fact]
    public void A_kick_before_ENABLE_is_served_at_ENABLE()
    {
        _end.Play(Sequences.QemuRealize);
        _end.Play(["FEATURES", "MEMORY!", "NUM 1", "BASE 1", "ADDR 1", "KICK 1"]);
        _end.Transmit();
        Assert.Empty(_end.Device.Served);

        _end.Play(["ENABLE 1"]);

        Assert.Single(_end.Device.Served);
    }

    /// <summary>A kick that came between registering the fd and enabling the ring was lost in rust-vmm (vhost issue 343).</summary>
    [Fact]
    public void A_kick_at_any_point_of_a_thousand_starts_is_not_lost()
    {
        string[] steps = ["NUM 1", "BASE 1", "ADDR 1", "KICK 1", "CALL 1", "ENABLE 1"];
        _end.Play(Sequences.QemuRealize);
        _end.Play(["FEATURES", "MEMORY!"]);

        for (var round = 0; round < 1000; round++)
        {
            _end.Rings[1].Reset();
            var at = round % (steps.Length + 1);
            _end.Play(steps[..at]);
            _end.Transmit();
            _end.Play(steps[at..]);

            Assert.Equal(round + 1, _end.Device.Served.Count);
            _end.Play(["DISABLE 1", "GET_BASE 1"]);
        }
    }

    /// <summary>After a resume with a stale avail_event the guest never kicked again (Firecracker issues 5872 to 6100).</summary>
    [Fact]
    public void Five_hundred_pauses_under_load_lose_no_notification()
    {
        _end.Play(Sequences.QemuRealize);
        _end.Play(Sequences.QemuStart);
        var wanted = 0;

        for (var round = 0; round < 500; round++)
        {
            TransmitIfAsked(ref wanted);
            _end.Play(["DISABLE 0", "DISABLE 1"]);
            TransmitIfAsked(ref wanted);
            var (rx, tx) = (_end.AskBase(0), _end.AskBase(1));
            TransmitIfAsked(ref wanted);
            _end.Play(Sequences.QemuStart, rx, tx);
            TransmitIfAsked(ref wanted);

            Assert.Equal(wanted, _end.Device.Served.Count);
        }

        Assert.DoesNotContain("reset", _end.Device.Events);
    }

    [Fact]
    public void Without_the_vhost_user_bit_rings_need_no_ENABLE()
    {
        _end.Send(VhostRequest.SetFeatures, FakeFrontEnd.Number(0x1_3000_0000));
        _end.Play(["MEMORY", "NUM 1", "BASE 1", "ADDR 1", "KICK 1"]);
        _end.Transmit();

        Assert.Equal(["started 1"], _end.Device.Events);
        Assert.Single(_end.Device.Served);
    }

    [Fact]
    public void A_new_kick_fd_does_not_disable_a_running_ring()
    {
        Start();

        _end.Play(["KICK 1"]);
        _end.Transmit();

        Assert.Single(_end.Device.Served);
    }

    [Fact]
    public void Asking_for_the_base_leaves_the_rest_of_the_ring_as_set()
    {
        Start();
        _end.Transmit();

        Assert.Equal(1u, _end.AskBase(1));
        Assert.Equal(1u, _end.AskBase(1));
        _end.Play(["KICK 1"]);
        _end.Transmit();

        Assert.Equal("resumed 1", _end.Device.Events[^1]);
        Assert.Equal(2, _end.Device.Served.Count);
    }

    [Fact]
    public void After_the_base_is_told_the_guest_is_neither_served_nor_called()
    {
        Start();
        _end.Transmit();
        _end.AskBase(1);
        _end.Calls[1].TryConsume(out ulong _);

        _end.Transmit();
        _end.Play(["CALL 1"]);

        Assert.Single(_end.Device.Served);
        Assert.False(_end.Calls[1].TryConsume(out ulong _));
    }

    [Fact]
    public void A_kick_at_a_disabled_ring_stays_in_its_fd()
    {
        Start();
        _end.Play(["DISABLE 1"]);

        _end.Kick(1);

        Assert.True(_end.Kicks[1].TryConsume(out ulong _));
    }

    [Fact]
    public void Each_reboot_is_told()
    {
        Start();
        for (var reboot = 0; reboot < 3; reboot++)
        {
            _end.Transmit();
            _end.Play(Sequences.QemuStop);
            _end.Rings[1].Reset();
            _end.Play(Sequences.QemuStart);
        }

        Assert.Equal(3, _end.Device.Events.Count(one => one == "reset"));
    }

    [Fact]
    public void Chains_taken_but_not_returned_are_unpopped_before_the_base_is_told()
    {
        using var end = new FakeFrontEnd(new RecordingDevice { HoldRx = 3 });
        for (var i = 0; i < 5; i++)
        {
            end.Rings[0].OfferChain(end.Rings[0].Writable(64));
        }

        end.Play(Sequences.QemuRealize);
        end.Play(Sequences.QemuStart);

        Assert.Equal(3, end.BackEnd.Queue(0).Outstanding);
        Assert.Equal(0u, end.AskBase(0));
    }

    [Fact]
    public void A_ring_that_runs_is_not_set_up_anew()
    {
        Start();
        _end.Play(["PROTOCOL_FEATURES 8"]);

        foreach (var (request, payload) in ((VhostRequest, byte[])[])
        [
            (VhostRequest.SetVringSize, FakeFrontEnd.State(1, 16)),
            (VhostRequest.SetVringBase, FakeFrontEnd.State(1, 0)),
            (VhostRequest.SetVringAddress, [1, .. _end.Place(0)[1..]]),
        ])
        {
            _end.Send(request, payload, needReply: true);
            Assert.Equal(FakeFrontEnd.Number(1), _end.TakeReply(request));
        }

        _end.Transmit();
        Assert.Single(_end.Device.Served);
    }

    [Fact]
    public void A_broken_ring_is_told_on_its_error_fd_and_mended_by_a_new_driver()
    {
        Start();
        _end.Rings[1].AvailableIndex = 500;
        _end.Kick(1);
        Assert.Equal("broken 1", _end.Device.Events[^1]);
        Assert.True(_end.Errors[1].TryConsume(out ulong _));

        _end.Play(Sequences.QemuStop);
        _end.Rings[1].Reset();
        _end.Play(Sequences.QemuStart);
        _end.Transmit();

        Assert.Contains("reset", _end.Device.Events);
        Assert.Single(_end.Device.Served);
    }

    [Fact]
    public void A_broken_ring_stays_broken_when_memory_is_replaced()
    {
        Start();
        _end.Rings[1].AvailableIndex = 500;
        _end.Kick(1);
        _end.Rings[1].AvailableIndex = 0;

        _end.Play(["MEMORY!"]);
        _end.Transmit();

        Assert.Empty(_end.Device.Served);
    }

    [Fact]
    public void Memory_that_no_longer_holds_a_ring_stops_it_and_fails()
    {
        Start();
        var elsewhere = _end.Ram.Regions[0] with { UserAddress = 0x1000_0000 };

        _end.Play(["PROTOCOL_FEATURES 8"]);
        _end.Send(VhostRequest.SetMemoryTable, _end.MemoryTableOf(elsewhere), needReply: true, _end.Ram.File);
        _end.Transmit();

        Assert.Equal(FakeFrontEnd.Number(1), _end.TakeReply(VhostRequest.SetMemoryTable));
        Assert.Empty(_end.Device.Served);
        Assert.False(_end.IsDropped);
    }

    [Fact]
    public void Memory_that_cannot_be_mapped_leaves_the_old_in_place()
    {
        Start();

        _end.Play(["PROTOCOL_FEATURES 8"]);
        _end.Send(VhostRequest.SetMemoryTable, _end.MemoryTableOf(), needReply: true);
        _end.Transmit();

        Assert.Equal(FakeFrontEnd.Number(1), _end.TakeReply(VhostRequest.SetMemoryTable));
        Assert.Single(_end.Device.Served);
    }

    [Fact]
    public void RESET_OWNER_disables_every_ring_and_keeps_its_position()
    {
        Start();
        _end.Transmit();

        _end.Play(["PROTOCOL_FEATURES 8"]);
        _end.Send(VhostRequest.ResetOwner, [], needReply: true);

        Assert.Equal(FakeFrontEnd.Number(0), _end.TakeReply(VhostRequest.ResetOwner));
        Assert.Equal(["stopped 0", "stopped 1"], _end.Device.Events.TakeLast(2));
        Assert.Equal(1u, _end.AskBase(1));
    }

    [Fact]
    public void RESET_DEVICE_forgets_the_driver()
    {
        Start();
        _end.Transmit();

        _end.Send(VhostRequest.ResetDevice, []);

        Assert.Equal(["stopped 0", "stopped 1", "reset"], _end.Device.Events.TakeLast(3));
    }

    [Fact]
    public void The_first_driver_is_not_a_reset()
    {
        Start();

        Assert.DoesNotContain("reset", _end.Device.Events);
    }

    [Fact]
    public void A_front_end_that_closes_stops_the_rings_before_the_device_hears_it()
    {
        Start();

        _end.Close();

        Assert.Equal(["stopped 0", "stopped 1", "gone"], _end.Device.Events.TakeLast(3));
    }

    [Fact]
    public void An_acknowledgement_is_not_given_twice()
    {
        _end.Play(["PROTOCOL_FEATURES 8"]);

        _end.Send(VhostRequest.GetFeatures, [], needReply: true);

        Assert.NotNull(_end.TakeReply(VhostRequest.GetFeatures));
        Assert.Null(_end.TakeReply(VhostRequest.GetFeatures));
    }

    [Fact]
    public void No_acknowledgement_is_given_before_it_was_agreed_on()
    {
        _end.Send(VhostRequest.SetOwner, [], needReply: true);

        Assert.Null(_end.TakeReply(VhostRequest.SetOwner));
    }

    private void Start()
    {
        _end.Play(Sequences.QemuRealize);
        _end.Play(Sequences.QemuStart);
    }

    private void TransmitIfAsked(ref int wanted)
    {
        wanted++;
        _end.Rings[1].Describe(0, _end.Rings[1].Allocate(44), 44, 0);
        if (_end.Rings[1].Offer(0))
        {
            _end.Kick(1);
        }
    }
}
