using VmTools.Guest.Vshd;
using Xunit;

namespace VmTools.Unit.Guest.Vshd;

public sealed class VshdOptionsTests
{
    [Fact]
    public void Without_options_it_listens_and_logs_to_the_kernel()
    {
        Assert.True(VshdOptions.TryParse([], out var options, out _));

        Assert.Equal(new VshdOptions(), options);
        Assert.Equal("chronos", options.DefaultUser);
        Assert.True(options.AllowToSwitchUser);
        Assert.True(options.LogToKernel);
        Assert.False(options.InheritEnvironment);
    }

    [Fact]
    public void One_dash_or_two_make_no_difference()
    {
        Assert.True(VshdOptions.TryParse(
            [
                "--inherit_env", "-forward_to_host_port=12345", "--default_user=root", "-allow_to_switch_user=false", "--log_kmsg=false",
                "--listen_fd=3",
            ],
            out var options,
            out _));

        Assert.Equal(
            new VshdOptions
            {
                InheritEnvironment = true,
                ForwardToHostPort = 12345,
                DefaultUser = "root",
                AllowToSwitchUser = false,
                LogToKernel = false,
                ListenFd = 3,
            },
            options);
    }

    [Fact]
    public void In_a_container_it_takes_connections_that_are_handed_over()
    {
        string[] line = ["--listen_fd=3", "--passed_connections", "--log_kmsg=false", "--default_user=ann"];

        Assert.True(VshdOptions.TryParse(line, out var options, out _));

        Assert.Equal((true, "ann"), (options.PassedConnections, options.DefaultUser));
        Assert.True(VshdOptions.TryParse(line[..3], out var withoutUser, out _));
        Assert.Equal("", withoutUser.DefaultUser);
        Assert.False(VshdOptions.TryParse([.. line, "--forward_to_host_port=5"], out _, out var problem));
        Assert.Contains("--passed_connections needs --listen_fd", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("positional")]
    [InlineData("--unknown")]
    [InlineData("--forward_to_host_port=4294967296")]
    [InlineData("--forward_to_host_port=-1")]
    [InlineData("--forward_to_host_port")]
    [InlineData("--inherit_env=maybe")]
    [InlineData("--default_user=")]
    [InlineData("--listen_fd=2")]
    [InlineData("--passed_connections")]
    [InlineData("--passed_connections=perhaps")]
    public void Anything_else_is_refused(string argument)
    {
        Assert.False(VshdOptions.TryParse([argument], out var options, out var problem));

        Assert.Null(options);
        Assert.Contains(argument, problem, StringComparison.Ordinal);
    }
}
