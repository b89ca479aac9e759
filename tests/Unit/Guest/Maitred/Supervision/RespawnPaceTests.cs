using Microsoft.Extensions.Time.Testing;
using VmTools.Guest.Maitred.Supervision;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Supervision;

public sealed class RespawnPaceTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void An_ordinary_program_is_given_up_when_the_window_is_used_up()
    {
        var pace = new RespawnPace(_clock, isNeeded: false);

        var pauses = Die(pace, RespawnWindow.MaxStarts);

        Assert.Equal([.. Enumerable.Repeat<TimeSpan?>(TimeSpan.Zero, RespawnWindow.MaxStarts - 1), null], pauses);
    }

    [Fact]
    public void What_the_VM_needs_is_tried_for_ever_with_pauses_that_grow()
    {
        var pace = new RespawnPace(_clock, isNeeded: true);

        var pauses = Die(pace, RespawnWindow.MaxStarts + 7).Skip(RespawnWindow.MaxStarts - 1).Select(pause => pause?.TotalSeconds);

        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], pauses);
    }

    [Fact]
    public void After_a_long_life_it_is_started_at_once_again()
    {
        var pace = new RespawnPace(_clock, isNeeded: true);
        Die(pace, RespawnWindow.MaxStarts + 3);
        pace.Started();

        _clock.Advance(RespawnPace.LongLife);

        Assert.Equal(TimeSpan.Zero, pace.PauseBeforeNext());
    }

    [Fact]
    public void After_a_short_life_the_pauses_go_on()
    {
        var pace = new RespawnPace(_clock, isNeeded: true);
        Die(pace, RespawnWindow.MaxStarts + 1);
        pace.Started();

        _clock.Advance(RespawnPace.LongLife - TimeSpan.FromSeconds(1));

        Assert.Equal(TimeSpan.FromSeconds(4), pace.PauseBeforeNext());
    }

    private List<TimeSpan?> Die(RespawnPace pace, int times)
    {
        var pauses = new List<TimeSpan?>();
        for (var i = 0; i < times; i++)
        {
            pace.Started();
            pauses.Add(pace.PauseBeforeNext());
            _clock.Advance(pauses[^1] ?? TimeSpan.Zero);
        }

        return pauses;
    }
}
