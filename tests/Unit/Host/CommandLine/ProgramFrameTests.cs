using VmTools.Host.CommandLine;
using VmTools.Linux;
using VmTools.Linux.Terminals;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.CommandLine;

public sealed class ProgramFrameTests
{
    [Fact]
    public async Task What_a_program_returns_is_its_exit_code() => Assert.Equal((42, "", ""), await RunAsync([], _ => Task.FromResult(42)));

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(UnauthorizedAccessException))]
    [InlineData(typeof(TimeoutException))]
    public async Task What_the_system_refuses_is_one_sentence(Type kind) =>
        Assert.Equal(
            (125, "", "vsh: There is no such place.\n"), await RunAsync(
            [], _ => throw (Exception)Activator.CreateInstance(kind, "There is no such place.")!));

    [Fact]
    public async Task An_expected_failure_is_its_own_sentence() =>
        Assert.Equal(
            (125, "", "vsh: No such VM.\n"), await RunAsync([], _ => throw new VmToolsException(ErrorKind.NotFound, "No such VM.")));

    [Fact]
    public async Task A_defect_says_so_in_one_line_and_asks_for_a_report()
    {
        var (code, _, error) = await RunAsync([], _ => throw new InvalidOperationException("Two\nlines."));

        Assert.Equal(125, code);
        Assert.Matches(
            "^vsh: This is a defect \\(InvalidOperationException: Two lines\\.\\)\\. Please report it.*VMTOOLS_DEBUG=1\\.\n$", error);
    }

    [Fact]
    public async Task What_a_static_constructor_threw_is_told_as_what_it_was() =>
        Assert.Equal(
            (125, "", "vsh: Full.\n"), await RunAsync([], _ => throw new TypeInitializationException("T", new IOException("Full."))));

    [Fact]
    public async Task The_stack_is_for_those_who_ask_for_it()
    {
        var (_, _, error) = await RunAsync([], _ => throw new InvalidOperationException("Bad."), debug: "1");

        Assert.Contains("   at VmTools.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_of_a_daemon_has_the_stack_of_a_defect_and_of_nothing_else()
    {
        using var error = new StringWriter { NewLine = "\n" };
        var daemon = new ProgramFrame("vm_concierge", 1)
        {
            Output = TextWriter.Null,
            Error = error,
            Environment = _ => null,
            IsDaemon = true
        };

        await daemon.RunAsync([], _ => throw new IOException("Full."));
        Assert.Equal("vm_concierge: Full.\n", error.ToString());

        await daemon.RunAsync([], _ => throw new InvalidOperationException("Bad."));
        Assert.Equal(!Terminal.IsTerminal(2), error.ToString().Contains("   at VmTools.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reader_that_left_is_no_failure_to_speak_of() =>
        Assert.Equal((141, "", ""), await RunAsync([], _ => throw new OutputLostException(1, Errno.EPIPE)));

    [Fact]
    public async Task Output_that_cannot_be_written_is_named() =>
        Assert.Equal(
            (125, "", "vsh: Standard output cannot be written: No space left on device.\n"), await RunAsync(
            [], _ => throw new OutputLostException(1, Errno.ENOSPC)));

    [Fact]
    public async Task Every_program_tells_its_version()
    {
        var (code, output, _) = await RunAsync(["--version"], _ => Task.FromResult(9));

        Assert.Equal(0, code);
        Assert.Matches(@"^vsh \d+\.\d+\.\d+\n$", output);
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(
        string[] arguments, Func<string[], Task<int>> run, string? debug = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var frame = new ProgramFrame("vsh", 125) { Output = output, Error = error, Environment = _ => debug };
        var code = await frame.RunAsync(arguments, run);
        return (code, output.ToString(), error.ToString());
    }
}
