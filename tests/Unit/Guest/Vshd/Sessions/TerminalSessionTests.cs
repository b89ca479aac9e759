using VmTools.Protocol.Messages.Vsh;
using Xunit;

namespace VmTools.Unit.Guest.Vshd.Sessions;

public sealed class TerminalSessionTests
{
    [Fact]
    public async Task The_program_has_a_terminal_of_the_size_asked_for()
    {
        await using var peer = new VshPeer();

        var result = await peer.RunAsync(VshPeer.Shell("test -t 0 && test -t 1 && test -t 2 && stty size", terminal: true)).InTime();

        Assert.Equal("24 80\r\n", result.Output);
        Assert.Equal(0, result.Code);
    }

    [Fact]
    public async Task A_new_size_is_seen_by_the_program()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done", terminal: true));
        await peer.ReadUntilAsync("ready").InTime();

        await peer.SendAsync(new GuestMessage { ResizeMessage = new WindowResizeMessage { Rows = 50, Cols = 132 } });
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Contains("50 132", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1, 80)]
    [InlineData(24, 65536)]
    public async Task An_impossible_size_is_ignored(int rows, int columns)
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("read line; stty size", terminal: true));

        await peer.SendAsync(new GuestMessage { ResizeMessage = new WindowResizeMessage { Rows = rows, Cols = columns } });
        await peer.SendInputAsync("\n");
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Contains("24 80", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_typed_is_echoed_and_read()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("read line; echo \"got $line\"", terminal: true));

        await peer.SendInputAsync("word\n");
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Equal("word\r\ngot word\r\n", result.Output);
    }

    [Fact]
    public async Task Ctrl_C_interrupts_what_runs_in_the_foreground()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("echo ready; exec sleep 60", terminal: true));
        await peer.ReadUntilAsync("ready").InTime();

        await peer.SendInputAsync("\u0003");
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Equal(130, result.Code);
    }

    [Fact]
    public async Task A_signal_goes_to_the_job_in_the_foreground_and_not_to_the_shell()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("set -m; sh -c 'echo ready; exec sleep 60'; echo \"job $?\"", terminal: true));
        await peer.ReadUntilAsync("ready").InTime();

        await peer.SendSignalAsync(Signal.Term);
        var result = await peer.ReadToEndAsync().InTime();

        Assert.Contains("job 143", result.Output, StringComparison.Ordinal);
        Assert.Equal(0, result.Code);
    }

    [Fact]
    public async Task Empty_input_is_the_end_of_file_key()
    {
        await using var peer = new VshPeer();
        await peer.BeginAsync(VshPeer.Shell("cat; echo over", terminal: true));

        await peer.SendInputAsync("line\n");
        await peer.SendInputAsync("");
        var result = await peer.ReadToEndAsync().InTime();

        Assert.EndsWith("line\r\nover\r\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_words_of_a_program_are_not_lost()
    {
        await using var peer = new VshPeer();

        var result = await peer.RunAsync(VshPeer.Shell("seq 1 20000", terminal: true)).InTime();

        Assert.EndsWith("19999\r\n20000\r\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_process_left_at_the_terminal_does_not_hold_back_the_exit_code()
    {
        await using var peer = new VshPeer();

        var result = await peer.RunAsync(VshPeer.Shell("trap '' HUP; sleep 300 & echo started; exit 6", terminal: true)).InTime();

        Assert.Equal("started\r\n", result.Output);
        Assert.Equal(6, result.Code);
    }

    [Fact]
    public async Task The_terminal_is_hung_up_when_the_host_goes()
    {
        var mark = Path.GetTempFileName();
        try
        {
            await using var peer = new VshPeer();
            await peer.BeginAsync(VshPeer.Shell(
                $"trap 'echo hung up > {mark}; exit' HUP; echo ready; while :; do sleep 0.05; done", terminal: true));
            await peer.ReadUntilAsync("ready").InTime();

            peer.Close();
            await peer.Ended.InTime();

            await Waiting.UntilAsync(() => File.ReadAllText(mark) == "hung up\n");
        }
        finally
        {
            File.Delete(mark);
        }
    }
}
