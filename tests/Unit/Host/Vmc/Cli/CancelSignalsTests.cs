using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Vmc.Cli;
using Xunit;

namespace VmTools.Unit.Host.Vmc.Cli;

public sealed class CancelSignalsTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void The_first_signal_cancels_and_names_the_exit_code()
    {
        using var interruption = new CancelSignals(_clock);
        Assert.Null(interruption.ExitCode);

        Assert.True(interruption.IsTidyUp(2));

        Assert.True(interruption.Token.IsCancellationRequested);
        Assert.Equal(130, interruption.ExitCode);
    }

    [Fact]
    public void A_signal_at_once_after_it_is_the_same_wish_and_a_later_one_ends_the_program()
    {
        using var interruption = new CancelSignals(_clock);
        interruption.IsTidyUp(2);

        _clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.True(interruption.IsTidyUp(15));

        _clock.Advance(TimeSpan.FromMilliseconds(600));
        Assert.False(interruption.IsTidyUp(2));
        Assert.Equal(130, interruption.ExitCode);
    }
}
