using VmTools.Host.Vsh;
using VmTools.Linux;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.Vsh;

public sealed class VshRequestTests
{
    private static readonly VshStdio Pipes = new(FdHandle.Standard(0), FdHandle.Standard(1), FdHandle.Standard(2));

    [Fact]
    public void Everything_asked_for_is_in_the_request()
    {
        var options = VshArguments.Parse(["dev", "--user=root", "--cwd=/tmp", "--", "A=1", "ls", "-l"]);

        var request = VshRequest.For(options, Pipes, "xterm");

        Assert.Equal(("/vm_shell", "root", "/tmp", 0, true), (request.Target, request.User, request.Cwd, request.CwdPid, request.Nopty));
        Assert.Equal(["ls", "-l"], request.Argv);
        Assert.Equal("xterm", request.Env["TERM"]);
        Assert.Equal("1", request.Env["A"]);
    }

    [Fact]
    public void A_container_is_the_target()
    {
        Assert.Equal("penguin", VshRequest.For(VshArguments.Parse(["dev", "penguin"]), Pipes, "xterm").Target);
    }

    [Fact]
    public void A_terminal_is_named_by_the_command_line_before_the_environment()
    {
        Assert.Equal("dumb", VshRequest.For(VshArguments.Parse(["dev", "--", "TERM=dumb"]), Pipes, "xterm").Env["TERM"]);
    }

    [Fact]
    public void A_request_that_does_not_fit_says_what_to_do_instead()
    {
        var options = VshArguments.Parse(["dev", "--", "sh", "-c", new string('x', 4096)]);

        var error = Assert.Throws<VmToolsException>(() => VshRequest.For(options, Pipes, null));

        Assert.Contains("< script", error.Message, StringComparison.Ordinal);
    }
}
