using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Vsh;
using VmTools.Protocol.Messages.Vsh;
using Xunit;

namespace VmTools.Unit.Host.Vsh;

public sealed class SignalForwardingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_second_signal_of_a_kind_ends_vsh_itself_even_if_its_output_is_stuck()
    {
        await using var peer = new VshdPeer();
        using var signals = new SignalForwarding(peer.Session, peer.Stdio, TimeProvider.System);
        var running = peer.Session.RunAsync(signals.Interrupted);
        var saying = peer.SayAndExitAsync(new byte[10_000_000]);

        signals.Forward(Signal.Int);
        signals.Forward(Signal.Int);

        Assert.Equal(130, (await running.WaitAsync(Cancel)).Code);
        peer.OutputEnd.Dispose();
        await peer.Session.DisposeAsync();
        await Assert.ThrowsAnyAsync<IOException>(() => saying);
    }

    [Fact]
    public async Task The_first_term_of_an_interactive_session_ends_vsh_after_a_moment()
    {
        var clock = new FakeTimeProvider();
        await using var peer = new VshdPeer();
        using var signals = new SignalForwarding(peer.Session, peer.Stdio with { IsInteractive = true }, clock);
        signals.Forward(Signal.Term);
        Assert.False(signals.Interrupted.IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(143, (await signals.Interrupted.WaitAsync(Cancel)).Code);
    }

    [Theory]
    [InlineData(Signal.Hup, 129)]
    [InlineData(Signal.Int, 130)]
    [InlineData(Signal.Term, 143)]
    public async Task The_first_signal_of_a_command_ends_vsh_after_a_farewell(Signal signal, int code)
    {
        var clock = new FakeTimeProvider();
        await using var peer = new VshdPeer();
        using var signals = new SignalForwarding(peer.Session, peer.Stdio, clock);
        signals.Forward(signal);
        clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(signals.Interrupted.IsCompleted);

        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(code, (await signals.Interrupted.WaitAsync(Cancel)).Code);
    }

    [Fact]
    public async Task A_quit_is_the_commands_matter_alone()
    {
        var clock = new FakeTimeProvider();
        await using var peer = new VshdPeer();
        using var signals = new SignalForwarding(peer.Session, peer.Stdio, clock);

        signals.Forward(Signal.Quit);
        clock.Advance(TimeSpan.FromHours(1));

        Assert.False(signals.Interrupted.IsCompleted);
    }
}
