using VmTools.Unit.Virtio.Fakes;
using Xunit;

namespace VmTools.Unit.Virtio.VhostUser;

/// <summary>A VMM started without shared memory completes every handshake and then nothing ever moves; that must be said.</summary>
public sealed class SharedMemoryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly FakeFrontEnd _end = new();

    public void Dispose() => _end.Dispose();

    [Fact]
    public void Kicks_while_the_indices_stay_zero_mean_share_off()
    {
        Start();
        _end.Kick(0);

        _end.Pass(Patience);

        Assert.Equal("not shared", _end.Device.Events[^1]);
    }

    [Fact]
    public void A_first_kick_after_the_time_means_it_at_once()
    {
        Start();
        _end.Pass(Patience);
        Assert.DoesNotContain("not shared", _end.Device.Events);

        _end.Kick(1);

        Assert.Equal("not shared", _end.Device.Events[^1]);
    }

    [Fact]
    public void It_is_said_once()
    {
        Start();
        _end.Kick(0);
        _end.Pass(Patience);
        _end.Kick(0);
        _end.Pass(Patience);

        Assert.Single(_end.Device.Events, "not shared");
    }

    [Fact]
    public void The_kick_that_QEMU_injects_means_nothing()
    {
        Start();

        _end.Pass(Patience);

        Assert.DoesNotContain("not shared", _end.Device.Events);
    }

    [Fact]
    public void A_driver_that_filled_its_ring_is_never_suspected()
    {
        _end.Rings[0].OfferChain(_end.Rings[0].Writable(100));
        Start();
        _end.Kick(0);
        _end.Kick(1);

        _end.Pass(Patience);

        Assert.DoesNotContain("not shared", _end.Device.Events);
    }

    [Fact]
    public void A_driver_start_without_any_memory_table_means_no_memory_backend()
    {
        _end.Play(Sequences.QemuRealize);
        _end.Play(["CALL 1", "CALL 0", "FEATURES"]);

        _end.Pass(Patience);

        Assert.Equal(["not shared"], _end.Device.Events);
    }

    [Fact]
    public void Before_a_driver_starts_nothing_is_suspected()
    {
        _end.Play(Sequences.QemuRealize);

        _end.Pass(TimeSpan.FromHours(1));

        Assert.Empty(_end.Device.Events);
    }

    [Fact]
    public void A_stop_ends_the_suspicion()
    {
        Start();
        _end.Kick(0);
        _end.Play(Sequences.QemuStop);

        _end.Pass(Patience);

        Assert.DoesNotContain("not shared", _end.Device.Events);
    }

    [Fact]
    public void A_resumed_ring_is_not_suspected()
    {
        Start();
        _end.Transmit();
        _end.Play(Sequences.QemuStop);
        _end.Play(Sequences.QemuStart, 0, 1);
        _end.Kick(1);

        _end.Pass(Patience);

        Assert.DoesNotContain("not shared", _end.Device.Events);
    }

    private void Start()
    {
        _end.Play(Sequences.QemuRealize);
        _end.Play(Sequences.QemuStart);
    }
}
