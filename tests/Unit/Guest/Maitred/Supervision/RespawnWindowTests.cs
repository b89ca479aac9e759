using Microsoft.Extensions.Time.Testing;
using VmTools.Guest.Maitred.Supervision;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Supervision;

public sealed class RespawnWindowTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RespawnWindow _window;

    public RespawnWindowTests() => _window = new RespawnWindow(_clock);

    [Fact]
    public void The_tenth_start_within_thirty_seconds_is_the_last()
    {
        Start(9);
        Assert.True(_window.MayStartAgain());

        Start(1);

        Assert.False(_window.MayStartAgain());
    }

    [Fact]
    public void A_start_counts_for_exactly_thirty_seconds()
    {
        Start(10);

        _clock.Advance(RespawnWindow.Length);
        Assert.False(_window.MayStartAgain());

        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.True(_window.MayStartAgain());
    }

    [Fact]
    public void Slow_failures_go_on_for_ever()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.True(_window.MayStartAgain());
            Start(1);
            _clock.Advance(TimeSpan.FromSeconds(4));
        }
    }

    private void Start(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _window.Started();
        }
    }
}
