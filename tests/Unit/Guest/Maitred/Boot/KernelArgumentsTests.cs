using VmTools.Guest.Maitred.Boot;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Boot;

public sealed class KernelArgumentsTests
{
    [Fact]
    public void Without_words_of_ours_the_defaults_hold()
    {
        var arguments = KernelArguments.Parse("console=ttyS0 quiet  panic=-1\n");

        Assert.Equal(7777u, arguments.ListenPort);
        Assert.False(arguments.NoStartupProcesses);
        Assert.Null(arguments.Hostname);
        Assert.Equal("erofs", arguments.RootType);
    }

    [Theory]
    [InlineData("maitred.listen_port=1234", 1234u)]
    [InlineData("maitred.listen_port=1234abc", 1234u)]
    [InlineData("maitred.listen_port=1 maitred.listen_port=2", 2u)]
    [InlineData("maitred.listen_port=", 7777u)]
    [InlineData("maitred.listen_port=-5", 7777u)]
    [InlineData("maitred.listen_port=abc", 7777u)]
    [InlineData("maitred.listen_port=99999999999", 7777u)]
    [InlineData("xmaitred.listen_port=5", 7777u)]
    public void The_listen_port_is_the_last_number_that_can_be_read(string line, uint expected) =>
        Assert.Equal(expected, KernelArguments.Parse(line).ListenPort);

    [Theory]
    [InlineData("maitred.no_startup_processes", true)]
    [InlineData("maitred.no_startup_processes=1", false)]
    [InlineData("maitred.no_startup_processesx", false)]
    public void Start_up_processes_are_left_out_by_the_exact_word(string line, bool expected) =>
        Assert.Equal(expected, KernelArguments.Parse(line).NoStartupProcesses);

    [Fact]
    public void The_name_and_the_type_of_the_root_are_taken()
    {
        var arguments = KernelArguments.Parse("maitred.hostname=termina rootfstype=ext4");

        Assert.Equal("termina", arguments.Hostname);
        Assert.Equal("ext4", arguments.RootType);
    }
}
