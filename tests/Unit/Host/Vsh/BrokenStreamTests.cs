using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Vsh;
using VmTools.Linux;
using VmTools.Linux.Terminals;
using VmTools.Protocol.Messages.Vsh;
using Xunit;
using Signal = VmTools.Protocol.Messages.Vsh.Signal;

namespace VmTools.Unit.Host.Vsh;

/// <summary>Standard streams that fail, and terminals that go.</summary>
public sealed class BrokenStreamTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/proc/self/mem", "EIO")]
    [InlineData("/", "EISDIR")]
    public async Task Input_that_cannot_be_read_ends_the_command_and_is_never_told_as_an_end(string path, string reason)
    {
        await using var peer = new VshdPeer(FdHandle.Open(path, OpenFlags.ReadOnly));
        var running = peer.RunAsync();

        var first = await peer.Guest.ReadAsync(GuestMessage.Parser, Cancel);
        await peer.ExitAsync(143);

        Assert.Equal(Signal.Term, first!.Signal);
        var ending = await running.WaitAsync(Cancel);
        Assert.Equal(125, ending.Code);
        Assert.Contains(reason, ending.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_does_not_end_when_its_input_failed_is_left_after_some_seconds()
    {
        var clock = new FakeTimeProvider();
        await using var peer = new VshdPeer(FdHandle.Open("/proc/self/mem", OpenFlags.ReadOnly), clock: clock);
        var running = peer.RunAsync();
        await peer.Guest.ReadMessageAsync(Cancel);

        await UntilAsync(running, clock);

        Assert.Equal(125, (await running).Code);
    }

    [Fact]
    public async Task Output_that_cannot_be_written_is_a_failure_of_vsh_with_the_reason()
    {
        await using var peer = new VshdPeer(output: FdHandle.Open("/dev/full", OpenFlags.WriteOnly));
        var running = peer.RunAsync();

        await peer.SayAsync(StdioStream.StdoutStream, "lost");

        var ending = await running.WaitAsync(Cancel);
        Assert.Equal((125, false), (ending.Code, ending.IsLost));
        Assert.Contains("ENOSPC", ending.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_that_cannot_be_written_leave_output_and_code_to_the_program()
    {
        await using var peer = new VshdPeer(error: FdHandle.Open("/dev/full", OpenFlags.WriteOnly));
        var running = peer.RunAsync();

        await peer.SayAsync(StdioStream.StderrStream, "oops");
        await peer.SayAsync(StdioStream.StdoutStream, "fine");
        await peer.ExitAsync(3);

        Assert.Equal(new VshEnding(3, null), await running.WaitAsync(Cancel));
        Assert.Equal("fine", await VshdPeer.ReadAllAsync(peer.OutputEnd, peer.Stdio.Output));
    }

    [Fact]
    public async Task A_terminal_that_is_closed_ends_an_interactive_session_and_is_no_end_of_input()
    {
        using var terminal = PseudoTerminal.Open();
        await using var peer = new VshdPeer(
            FdHandle.Open(terminal.SlavePath, OpenFlags.ReadOnly | OpenFlags.NoControllingTerminal), interactive: true);
        var running = peer.RunAsync();

        terminal.Dispose();

        Assert.Equal(129, (await running.WaitAsync(Cancel)).Code);
        await peer.Session.DisposeAsync();
        Assert.Null(await peer.Guest.ReadMessageAsync(Cancel));
    }

    [Fact]
    public async Task A_terminal_that_is_closed_is_noticed_while_the_guest_takes_no_input()
    {
        using var terminal = PseudoTerminal.Open();
        await using var peer = new VshdPeer(
            FdHandle.Open(terminal.SlavePath, OpenFlags.ReadOnly | OpenFlags.NoControllingTerminal), interactive: true);
        using var raw = RawTerminal.Enter(peer.Stdio.Input);
        var running = peer.RunAsync();
        Fd.SetNonBlocking(terminal.Master, true);
        var keys = new byte[1024];
        for (var refused = 0; refused < 50; refused = Fd.TryWrite(terminal.Master, keys, out _) == Errno.EAGAIN ? refused + 1 : 0)
        {
            await Task.Delay(2, Cancel);
        }

        terminal.Dispose();

        Assert.Equal(129, (await running.WaitAsync(Cancel)).Code);
    }

    [Fact]
    public async Task Ctrl_C_leaves_a_vm_that_does_not_answer()
    {
        using var terminal = PseudoTerminal.Open();
        await using var peer = new VshdPeer(
            FdHandle.Open(terminal.SlavePath, OpenFlags.ReadOnly | OpenFlags.NoControllingTerminal), interactive: true);
        using var raw = RawTerminal.Enter(peer.Stdio.Input);
        peer.Session.Activity.IsUnanswered = true;
        var running = peer.RunAsync();

        Fd.TryWrite(terminal.Master, "\u0003"u8, out _);

        Assert.Equal(130, (await running.WaitAsync(Cancel)).Code);
    }

    [Fact]
    public async Task Ctrl_C_is_a_key_for_a_vm_that_answers()
    {
        using var terminal = PseudoTerminal.Open();
        await using var peer = new VshdPeer(
            FdHandle.Open(terminal.SlavePath, OpenFlags.ReadOnly | OpenFlags.NoControllingTerminal), interactive: true);
        using var raw = RawTerminal.Enter(peer.Stdio.Input);
        var running = peer.RunAsync();

        Fd.TryWrite(terminal.Master, "\u0003"u8, out _);
        var key = await peer.Guest.ReadAsync(GuestMessage.Parser, Cancel);
        await peer.ExitAsync(7);

        Assert.Equal("\u0003", key!.DataMessage.Data.ToStringUtf8());
        Assert.Equal(7, (await running.WaitAsync(Cancel)).Code);
    }

    /// <summary>What waits for the clock may set its timer a little later than the test looks.</summary>
    private static async Task UntilAsync(Task done, FakeTimeProvider clock)
    {
        while (await Task.WhenAny(done, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel)) != done)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
