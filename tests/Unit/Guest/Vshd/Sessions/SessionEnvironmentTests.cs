using VmTools.Guest.Vshd.Sessions;
using VmTools.Linux.Accounts;
using Xunit;

namespace VmTools.Unit.Guest.Vshd.Sessions;

public sealed class SessionEnvironmentTests
{
    private static readonly UserEntry User = new("chronos", 1000, 1000, "/home/chronos", "/bin/bash");

    [Fact]
    public void A_program_gets_what_every_program_needs() =>
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["TERM"] = "linux",
                ["PATH"] = SessionEnvironment.DefaultPath,
                ["USER"] = "chronos",
                ["LOGNAME"] = "chronos",
                ["SHELL"] = "/bin/bash",
                ["HOME"] = "/home/chronos",
            },
            SessionEnvironment.Build([], [], User));

    [Fact]
    public void The_host_chooses_terminal_and_path_but_not_home_and_shell()
    {
        var built = SessionEnvironment.Build(
            [], Pairs(("TERM", "xterm"), ("PATH", "/opt/bin"), ("USER", "x"), ("HOME", "/tmp"), ("SHELL", "/bin/false")), User);

        Assert.Equal("xterm", built["TERM"]);
        Assert.Equal("/opt/bin", built["PATH"]);
        Assert.Equal("x", built["USER"]);
        Assert.Equal("/home/chronos", built["HOME"]);
        Assert.Equal("/bin/bash", built["SHELL"]);
    }

    [Fact]
    public void What_is_inherited_wins_over_the_request()
    {
        var built = SessionEnvironment.Build(Pairs(("DISPLAY", ":0")), Pairs(("DISPLAY", ":9"), ("LANG", "C")), User);

        Assert.Equal(":0", built["DISPLAY"]);
        Assert.Equal("C", built["LANG"]);
    }

    [Fact]
    public void A_user_without_a_shell_has_the_standard_one() =>
        Assert.Equal("/bin/sh", SessionEnvironment.Build([], [], User with { Shell = "" })["SHELL"]);

    [Theory]
    [InlineData("", "x")]
    [InlineData("A=B", "x")]
    [InlineData("A\0", "x")]
    [InlineData("A", "x\0y")]
    public void A_variable_that_no_program_can_be_given_is_left_out(string name, string value) =>
        Assert.Equal(6, SessionEnvironment.Build([], Pairs((name, value)), User).Count);

    private static IEnumerable<KeyValuePair<string, string>> Pairs(params (string Name, string Value)[] pairs) =>
        pairs.Select(pair => KeyValuePair.Create(pair.Name, pair.Value));
}
