using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>A person at a terminal with a shell in a VM.</summary>
public sealed class TerminalTests(TerminalTests.OwnMachine machine) : MachineTests, IClassFixture<TerminalTests.OwnMachine>
{
    private static readonly TimeSpan Limit = Speed.Scale(20);

    [Fact]
    public async Task A_shell_shows_a_terminal_of_the_right_size_follows_resizes_and_is_left_with_its_code()
    {
        using var terminal = OpenShell(33, 111);
        await RunAsync(terminal, "stty size", "33 111");

        terminal.Resize(44, 122);

        await RunAsync(terminal, "sleep 0.5; stty size", "44 122");
        terminal.Type("exit 7\r");
        await terminal.Process.WaitForExitAsync(Cancel).WaitAsync(Limit, Cancel);
        Assert.Equal(7, terminal.Process.ExitCode);
    }

    [Fact]
    public async Task Ctrl_C_interrupts_the_command_and_not_the_shell()
    {
        using var terminal = OpenShell(24, 80);
        // The command itself says that it runs: a shell that is still about to start one would take the signal alone.
        await RunAsync(terminal, "sh -c \"echo be''gun; exec sleep 1000\"", "begun");

        terminal.Type("\u0003");

        await RunAsync(terminal, "echo still-$((40+2))", "still-42");
    }

    [Fact]
    public async Task Leaving_gives_the_terminal_back_as_it_was()
    {
        using var terminal = OpenShell(24, 80, "stty -a; {0}; stty -a; echo fi''nished");
        await RunAsync(terminal, "exit", "finished");

        var settings = terminal.Seen.Split('\n').Where(line => line.Contains("isig", StringComparison.Ordinal)).ToArray();

        Assert.Equal(2, settings.Length);
        Assert.Equal(settings[0], settings[1]);
    }

    [Fact]
    public async Task Vsh_itself_sends_the_terminal_nothing_that_switches_it_over()
    {
        using var terminal = OpenShell(24, 80, "TERM=xterm; export TERM; {0} -- true; {0} --bogus; {0} --version; echo fi''nished");

        await terminal.ExpectAsync("finished", Limit);

        Assert.DoesNotContain('\u001b', terminal.Seen);
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task A_signal_that_ends_vsh_gives_the_terminal_back_too(string signal, int code)
    {
        using var terminal = OpenShell(24, 80, "({0}; echo code-$?; stty -a | grep -qE '(^| )isig' && echo is-co''oked; echo fi''nished)");
        await RunAsync(terminal, "trap '' TERM HUP; echo be''gun; sleep 1000", "begun");
        var vsh = machine.Sandbox.Processes.Single(
            pid => ProcessTable.CommandLineOf(pid) is [var program, ..] && program.EndsWith("/vsh", StringComparison.Ordinal));

        ProcessTable.Send(vsh, signal == "TERM" ? 15 : 1);

        await terminal.ExpectAsync("finished", Limit);
        Assert.Contains($"code-{code}", terminal.Seen, StringComparison.Ordinal);
        Assert.Contains("is-cooked", terminal.Seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_terminal_that_is_closed_ends_the_shell_in_the_guest()
    {
        using (var terminal = OpenShell(24, 80))
        {
            await RunAsync(terminal, "echo be''gun; sleep 12345", "begun");
        }

        for (var end = DateTime.UtcNow + Limit; ; await Task.Delay(100, Cancel))
        {
            var left = await machine.Sandbox.VshAsync(Machine.Vm, "--", "sh", "-c", "ps -eo args | grep -c '^sleep 12345'");
            if (left.Output == "0\n")
            {
                return;
            }

            Assert.True(DateTime.UtcNow < end, $"The shell's command still runs: {left}");
        }
    }

    /// <summary>{0} in the line stands for vsh.</summary>
    private PseudoTerminal OpenShell(ushort rows, ushort columns, string line = "exec {0}")
    {
        var vsh = machine.Sandbox.Command("vsh", Machine.Vm, "--user=root");
        var script = string.Format(
            System.Globalization.CultureInfo.InvariantCulture, line, $"{vsh.Program} {string.Join(' ', vsh.Arguments)}");
        return PseudoTerminal.Start(HostCommand.Of("sh", "-c", script) with { Environment = vsh.Environment }, rows, columns);
    }

    /// <summary>The expected words must not stand in what is typed: the terminal echoes that.</summary>
    private static async Task RunAsync(PseudoTerminal terminal, string line, string expected)
    {
        // A prompt, whatever it looks like, ends in "# " or "$ ".
        await WaitForPromptAsync(terminal);
        terminal.Type($"{line}\r");
        await terminal.ExpectAsync(expected, Limit);
    }

    private static async Task WaitForPromptAsync(PseudoTerminal terminal)
    {
        for (var end = DateTime.UtcNow + Limit; DateTime.UtcNow < end; await Task.Delay(50, Cancel))
        {
            if (terminal.Seen.TrimEnd('\u001b', 'm', '[', '0') is { Length: > 1 } seen && seen[^1] == ' ' && seen[^2] is '#' or '$')
            {
                return;
            }
        }

        throw new TimeoutException($"No prompt came: {terminal.Seen}");
    }

    public sealed class OwnMachine() : Machine(nameof(TerminalTests));
}
