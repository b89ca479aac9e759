using VmTools.Unit.Virtio.Fakes;
using VmTools.Virtio.VhostUser;
using Xunit;

namespace VmTools.Unit.Virtio.VhostUser;

/// <summary>A guest that does nothing but kick.</summary>
public sealed class KickStormTests : IDisposable
{
    private readonly FakeFrontEnd _end = new();

    public KickStormTests()
    {
        _end.Play(Sequences.QemuRealize);
        _end.Play(Sequences.QemuStart);
    }

    public void Dispose() => _end.Dispose();

    [Fact]
    public void A_kick_storm_without_chains_is_listened_to_only_now_and_then()
    {
        var before = _end.Device.Kicks[1];

        KickMany(10_000);

        Assert.InRange(_end.Device.Kicks[1] - before, 1, 100);
    }

    [Fact]
    public void What_came_during_a_storm_is_served_when_the_pause_ends()
    {
        KickMany(1000);
        _end.Transmit();

        _end.Pass(KickStorm.Pause);

        Assert.Single(_end.Device.Served);
    }

    [Fact]
    public void After_the_pause_kicks_count_again()
    {
        KickMany(1000);
        _end.Pass(KickStorm.Pause);

        _end.Transmit();

        Assert.Single(_end.Device.Served);
    }

    [Fact]
    public void A_ring_stopped_in_the_pause_stays_stopped()
    {
        KickMany(1000);
        _end.Play(Sequences.QemuStop);
        var kicks = _end.Device.Kicks[1];

        _end.Pass(KickStorm.Pause);
        _end.Kick(1);

        Assert.Equal(kicks, _end.Device.Kicks[1]);
    }

    [Fact]
    public void Kicks_that_bring_chains_are_never_a_storm()
    {
        for (var i = 0; i < 1000; i++)
        {
            _end.Transmit();
        }

        Assert.Equal(1000, _end.Device.Served.Count);
    }

    [Fact]
    public void Useless_kicks_now_and_then_are_never_a_storm()
    {
        for (var i = 0; i < 1000; i++)
        {
            _end.Kick(1);
            _end.Pass(TimeSpan.FromMilliseconds(10));
        }

        var before = _end.Device.Kicks[1];
        _end.Kick(1);
        Assert.Equal(before + 1, _end.Device.Kicks[1]);
    }

    private void KickMany(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _end.Kick(1);
        }
    }
}
