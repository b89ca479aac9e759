using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>
/// The programs with output that cannot be written, without the environment they are used to, and at terminals. No VM is needed.
/// </summary>
public sealed class OutputTests : IAsyncLifetime
{
    private Sandbox _sandbox = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        if (!File.Exists(Path.Combine(Repository.Programs, "vmc")))
        {
            Assert.Skip("The programs have not been built.");
        }

        _sandbox = new Sandbox(nameof(OutputTests));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        if (_sandbox is not null)
        {
            await _sandbox.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("vmc --help >/dev/full")]
    [InlineData("vmc --version >/dev/full")]
    [InlineData("vmc help start >/dev/full")]
    [InlineData("vmc completion bash >/dev/full")]
    [InlineData("vmc doctor >/dev/full")]
    [InlineData("vmc crash consent >/dev/full")]
    [InlineData("vmc list --json >/dev/full")]
    [InlineData("vm_concierge --help >/dev/full")]
    [InlineData("vm_concierge --version >/dev/full")]
    [InlineData("vm_cicerone --help >/dev/full")]
    [InlineData("vmlog_forwarder --help >/dev/full")]
    [InlineData("vm_vsock --version >/dev/full")]
    public async Task A_result_that_cannot_be_written_is_one_sentence_and_a_failure(string line)
    {
        var result = await InShellAsync(line);

        Assert.Equal((1, ""), (result.Code, result.Output));
        Assert.EndsWith(
            ": Standard output cannot be written: No space left on device.", result.Errors.TrimEnd()
            .Split('\n')[^1], StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_that_is_closed_is_a_failure_too() => Assert.Equal(1, (await InShellAsync("vmc --help >&-")).Code);

    [Fact]
    public async Task A_reader_that_has_had_enough_hears_nothing_more() =>
        Assert.Equal((0, "", "141\n"), await OutcomeAsync("{ vmc completion bash; echo $? >&3; } 3>&2 | true"));

    [Fact]
    public async Task Errors_that_cannot_be_written_change_no_exit_code() =>
        Assert.Equal((2, "", ""), await OutcomeAsync("vmc bogus 2>/dev/full"));

    [Theory]
    [InlineData("HOME")]
    [InlineData("TMPDIR")]
    [InlineData("VMTOOLS_STATE_DIR")]
    [InlineData("VMTOOLS_RUNTIME_DIR")]
    [InlineData("VMTOOLS_IMAGE_DIR")]
    public async Task An_empty_variable_makes_no_program_fall_over(string variable)
    {
        foreach (var verb in (string[])["crash list", "doctor", "version", "crash show latest"])
        {
            var result = await InShellAsync($"cd {_sandbox.Directory}; {variable}= vmc {verb}");

            Assert.InRange(result.Code, 0, 1);
            Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("vmc list")]
    [InlineData("vmc doctor")]
    [InlineData("vmc --help")]
    [InlineData("vmc disk destroy demo")]
    public async Task A_terminal_is_left_in_the_mode_it_had(string line)
    {
        _sandbox["TERM"] = "xterm-256color";
        using var terminal = PseudoTerminal.Start(
            _sandbox.Command("sh", "-c", "true") with
            {
                Program = "sh",
                Arguments = ["-c", $"{Path.Combine(_sandbox.Programs, line)}; echo en''ded"]
            }, 24, 80);
        if (line.Contains("destroy", StringComparison.Ordinal))
        {
            await terminal.ExpectAsync("(y/N)", Speed.Scale(20));
            terminal.Type("n\r");
        }

        await terminal.ExpectAsync("ended", Speed.Scale(30));

        Assert.DoesNotContain("\x1b[?1h", terminal.Seen, StringComparison.Ordinal);
        Assert.DoesNotContain("\x1b=", terminal.Seen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM", "dumb")]
    [InlineData("NO_COLOR", "1")]
    public async Task No_escape_sequence_is_written_where_none_is_wanted(string variable, string value)
    {
        _sandbox["TERM"] = "xterm-256color";
        _sandbox[variable] = value;
        using var terminal = PseudoTerminal.Start(_sandbox.Command("vmc", "doctor"), 24, 80);
        await terminal.Process.WaitForExitAsync(Cancel).WaitAsync(Speed.Scale(30), Cancel);

        Assert.DoesNotContain('\x1b', terminal.Seen);
    }

    [Fact]
    public async Task Ctrl_C_at_a_question_ends_it()
    {
        using var terminal = PseudoTerminal.Start(_sandbox.Command("vmc", "disk", "destroy", "demo"), 24, 80);
        await terminal.ExpectAsync("(y/N)", Speed.Scale(20));

        terminal.Type("\u0003");

        await terminal.Process.WaitForExitAsync(Cancel).WaitAsync(Speed.Scale(20), Cancel);
        Assert.Equal(130, terminal.Process.ExitCode);
        await terminal.ExpectAsync("Nothing was destroyed.", Speed.Scale(5));
    }

    private async Task<(int Code, string Output, string Error)> OutcomeAsync(string line)
    {
        var result = await InShellAsync(line);
        return (result.Code, result.Output, result.Errors);
    }

    private Task<CommandResult> InShellAsync(string line)
    {
        var command = _sandbox.Command("vmc");
        var environment = new Dictionary<string, string>(command.Environment) { ["PATH"] = $"{_sandbox.Programs}:/usr/bin:/bin" };
        return (HostCommand.Of("sh", "-c", line) with { Environment = environment, Limit = command.Limit }).RunAsync();
    }
}
