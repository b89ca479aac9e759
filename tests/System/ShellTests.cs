using System.Security.Cryptography;
using VmTools.Harness;
using Xunit;

namespace VmTools.SystemTests;

/// <summary>Commands in a VM through vsh, without a terminal.</summary>
public sealed class ShellTests(ShellTests.OwnMachine machine) : MachineTests, IClassFixture<ShellTests.OwnMachine>
{
    private Sandbox Sandbox => machine.Sandbox;

    [Fact]
    public async Task A_commands_output_and_exit_code_come_back()
    {
        var result = await RunAsync("echo out; echo err >&2; exit 42");

        Assert.Equal((42, "out\n", "err\n"), (result.Code, result.Output, result.Errors));
    }

    [Fact]
    public async Task The_guest_is_the_machine_that_was_started()
    {
        var facts = await Sandbox.InGuestAsync(Machine.Vm, "cat /proc/1/comm; uname -s");

        Assert.EndsWith("Linux\n", facts, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/no/such/program", 127)]
    [InlineData("no-such-program", 127)]
    [InlineData("/etc/passwd", 126)]
    public async Task A_command_that_cannot_run_has_the_codes_of_shells(string program, int code)
    {
        var result = await Sandbox.VshAsync(Machine.Vm, "--", program);

        Assert.Equal(code, result.Code);
        Assert.Contains(program, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_that_a_signal_kills_has_128_and_its_number_for_a_code() =>
        Assert.Equal(137, (await Sandbox.VshAsync(Machine.Vm, "--", "sh", "-c", "kill -KILL $$")).Code);

    [Fact]
    public async Task Sixty_sessions_at_once_are_all_served()
    {
        var sessions = Enumerable.Range(0, 60).Select(number => Sandbox.VshAsync(Machine.Vm, "--", "sh", "-c", $"sleep 2; echo {number}"));

        var results = await Task.WhenAll(sessions);

        Assert.Equal(
            Enumerable.Range(0, 60)
            .Select(number => (0, $"{number}\n", "")), results.Select(result => (result.Code, result.Output, result.Errors)));
    }

    [Fact]
    public async Task Arguments_variables_and_directory_arrive_as_they_are()
    {
        var result = await Sandbox.VshAsync(
            Machine.Vm, "--cwd=/usr", "--", "GREETING=hello  world", "sh", "-c", "pwd; echo \"$GREETING\"; echo \"$1|$2\"", "sh",
                "a b", "*");

        Assert.Equal("/usr\nhello  world\na b|*\n", result.Output);
    }

    [Fact]
    public async Task The_user_can_be_chosen()
    {
        var result = await Sandbox.VshAsync(Machine.Vm, "--user=root", "--", "id", "-u");

        Assert.Equal("0\n", result.Output);
    }

    [Fact]
    public async Task A_user_that_does_not_exist_is_a_failure_of_vsh()
    {
        var result = await Sandbox.VshAsync(Machine.Vm, "--user=nobody-at-all", "--", "true");

        Assert.Equal(125, result.Code);
        Assert.Contains("nobody-at-all", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vm_that_does_not_run_is_a_failure_of_vsh_that_says_what_to_do()
    {
        var result = await Sandbox.VshAsync("nowhere", "--", "true");

        Assert.Equal(125, result.Code);
        Assert.Contains("vmc start nowhere", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Empty_input_ends_at_once()
    {
        var result = await Sandbox.VshAsync(Machine.Vm, "--", "cat");

        Assert.Equal((0, ""), (result.Code, result.Output));
    }

    [Fact]
    public async Task Four_megabytes_go_in_and_come_back_unchanged()
    {
        var sent = RandomNumberGenerator.GetBytes(4 * 1024 * 1024);
        using var input = new MemoryStream(sent);

        var result = await (Sandbox.Command("vsh", Machine.Vm, "--", "cat") with { Input = input }).RunAsync();

        Assert.Equal(Convert.ToHexString(SHA256.HashData(sent)), Convert.ToHexString(SHA256.HashData(result.OutputBytes)));
    }

    [Fact]
    public async Task A_file_is_input_like_a_pipe()
    {
        var path = Path.Combine(Sandbox.Directory, "input");
        await File.WriteAllTextAsync(path, "from a file\n", Cancel);

        var result = await InShellAsync($"vsh {Machine.Vm} -- cat < {path}");

        Assert.Equal("from a file\n", result.Output);
    }

    [Theory]
    [InlineData("/proc/$$/mem", "EIO")]
    [InlineData("/", "EISDIR")]
    public async Task Input_that_cannot_be_read_is_no_end_of_input_for_the_command_and_a_failure_of_vsh(string input, string reason)
    {
        var result = await InShellAsync($"vsh {Machine.Vm} -- sh -c 'cat > /tmp/cut && echo whole > /tmp/whole' < {input}");
        var left = await RunAsync("cat /tmp/whole; rm -f /tmp/cut");

        Assert.Equal(125, result.Code);
        Assert.Contains($"vsh: Standard input could not be read: ", result.Errors, StringComparison.Ordinal);
        Assert.Contains(reason, result.Errors, StringComparison.Ordinal);
        Assert.Equal("", left.Output);
    }

    [Fact]
    public async Task A_vsh_that_is_killed_is_no_end_of_input_for_the_command()
    {
        using var vsh = Sandbox.Command("vsh", Machine.Vm, "--", "sh", "-c", "echo ready; cat > /tmp/cut; echo whole > /tmp/whole").Start();
        await vsh.StandardOutput.ReadLineAsync(Cancel);

        ProcessTable.Kill(vsh.Id);

        await GoneAsync("sh -c echo ready; cat > /tmp/cut");

        Assert.Equal("", (await RunAsync("cat /tmp/whole; rm -f /tmp/cut")).Output);
    }

    [Theory]
    [InlineData("<&-")]
    [InlineData("<&- 2>&-")]
    public async Task Input_that_is_closed_is_empty(string closed)
    {
        var result = await InShellAsync($"vsh {Machine.Vm} -- wc -c {closed}");

        Assert.Equal((0, "0\n"), (result.Code, result.Output));
    }

    [Theory]
    [InlineData(">/dev/full", "ENOSPC")]
    [InlineData(">&-", "EBADF")]
    [InlineData(">&- <&-", "EBADF")]
    public async Task Output_that_cannot_be_written_is_a_failure_of_vsh_in_one_sentence(string output, string reason)
    {
        var command = await InShellAsync($"vsh {Machine.Vm} -- echo lost {output}");
        var help = await InShellAsync($"vsh --help {output}");

        foreach (var result in (CommandResult[])[command, help])
        {
            Assert.Equal(125, result.Code);
            Assert.StartsWith("vsh: Standard output could not be written: ", result.Errors, StringComparison.Ordinal);
            Assert.Contains(reason, result.Errors, StringComparison.Ordinal);
            Assert.Single(result.Errors.TrimEnd('\n').Split('\n'));
        }
    }

    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    [InlineData("2>&- <&-")]
    public async Task Errors_that_cannot_be_written_cost_neither_output_nor_code(string errors)
    {
        var result = await InShellAsync($"vsh {Machine.Vm} -- sh -c 'echo oops >&2; echo out; exit 42' {errors}");
        var refused = await InShellAsync($"vsh nowhere -- true {errors}");

        Assert.Equal((42, "out\n", 125), (result.Code, result.Output, refused.Code));
    }

    [Fact]
    public async Task All_streams_may_be_closed()
    {
        var result = await InShellAsync($"vsh {Machine.Vm} -- sh -c 'cat; exit 42' <&- >&- 2>&-");

        Assert.Equal(42, result.Code);
    }

    [Fact]
    public async Task An_argument_that_is_not_UTF_8_is_refused_and_not_changed()
    {
        var vsh = await InShellAsync($"vsh {Machine.Vm} -- echo \"$(printf 'na\\357ve')\"");
        var vmc = await InShellAsync("vmc info \"$(printf 'na\\357ve')\"");

        Assert.Equal((125, "", 2), (vsh.Code, vsh.Output, vmc.Code));
        Assert.Contains(@"na\xefve", vsh.Errors, StringComparison.Ordinal);
        Assert.Contains(@"na\xefve", vmc.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vm_that_does_not_answer_is_told_and_waited_for_and_a_signal_ends_the_wait()
    {
        using var waiting = Sandbox.Command("vsh", Machine.Vm, "--", "sh", "-c", "echo ready; sleep 20; exit 42").Start();
        using var leaving = Sandbox.Command("vsh", Machine.Vm, "--", "sh", "-c", "echo ready; sleep 1000").Start();
        await waiting.StandardOutput.ReadLineAsync(Cancel);
        await leaving.StandardOutput.ReadLineAsync(Cancel);
        var vmm = Sandbox.Vm(Machine.Vm).VmmPid;

        ProcessTable.Send(vmm, 19);
        try
        {
            Assert.Contains(
                "does not answer", await waiting.StandardError.ReadLineAsync(Cancel).AsTask()
                .WaitAsync(Speed.Scale(30), Cancel), StringComparison.Ordinal);
            ProcessTable.Send(leaving.Id, 15);
            await leaving.WaitForExitAsync(Cancel).WaitAsync(Speed.Scale(10), Cancel);
            Assert.Equal(143, leaving.ExitCode);
        }
        finally
        {
            ProcessTable.Send(vmm, 18);
        }

        await waiting.WaitForExitAsync(Cancel).WaitAsync(Speed.Scale(60), Cancel);
        Assert.Equal(42, waiting.ExitCode);
    }

    [Fact]
    public async Task A_reader_that_has_enough_ends_an_endless_command_here_and_there()
    {
        var result = await InShellAsync($"vsh {Machine.Vm} -- yes marker-of-this-test | head -n 2");

        Assert.Equal("marker-of-this-test\nmarker-of-this-test\n", result.Output);
        await GoneAsync("yes marker-of-this-test");
    }

    [Fact]
    public async Task A_signal_to_vsh_reaches_the_command()
    {
        var result = await InShellAsync(
            $"vsh {Machine.Vm} -- sh -c 'trap \"echo caught; exit 9\" TERM; echo ready; while :; do sleep 0.1; done' > "
                + $"{Sandbox.Directory}/out & "
            + $"until grep -q ready {Sandbox.Directory}/out; do sleep 0.1; done; kill -TERM $!; wait $!; echo code $?; cat "
                + $"{Sandbox.Directory}/out");

        Assert.Equal("code 9\nready\ncaught\n", result.Output);
    }

    [Fact]
    public async Task Twenty_commands_at_once_have_each_their_own_answer()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => RunAsync($"echo {number}; exit {number}")));

        Assert.Equal(
            Enumerable.Range(0, 20).Select(number => (number, $"{number}\n")), results.Select(result => (result.Code, result.Output)));
    }

    private Task<CommandResult> RunAsync(string line) => Sandbox.VshAsync(Machine.Vm, "--", "sh", "-c", line);

    private Task<CommandResult> InShellAsync(string line)
    {
        var command = Sandbox.Command("vsh");
        var environment = new Dictionary<string, string>(command.Environment) { ["PATH"] = $"{Sandbox.Programs}:/usr/bin:/bin" };
        return (HostCommand.Of("sh", "-c", line) with { Environment = environment, Limit = command.Limit }).RunAsync();
    }

    private async Task GoneAsync(string commandLine)
    {
        for (var end = DateTime.UtcNow + Speed.Scale(10); ; await Task.Delay(100, Cancel))
        {
            var found = await RunAsync($"ps -eo args | grep -c '^{commandLine}'");
            if (found.Output == "0\n")
            {
                return;
            }

            Assert.True(DateTime.UtcNow < end, $"'{commandLine}' still runs in the guest: {found}");
        }
    }

    public sealed class OwnMachine() : Machine(nameof(ShellTests));
}
