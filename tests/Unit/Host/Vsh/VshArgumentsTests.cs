using VmTools.Host.Vmc.Completion;
using VmTools.Host.Vsh;
using VmTools.Protocol;
using Xunit;

namespace VmTools.Unit.Host.Vsh;

public sealed class VshArgumentsTests
{
    [Fact]
    public void A_name_alone_is_a_shell_in_that_vm()
    {
        var options = VshArguments.Parse(["dev"]);

        Assert.Equal("dev", options.Vm);
        Assert.Empty(options.Command);
    }

    [Theory]
    [InlineData("dev", "penguin", "--", "id")]
    [InlineData("dev", "--target_container=penguin", "--", "id")]
    [InlineData("--target_container", "penguin", "--user=root", "dev", "--", "id")]
    [InlineData("--vm_name=dev", "penguin", "--", "id")]
    public void A_container_is_the_word_behind_the_VM_or_a_flag(params string[] words)
    {
        var options = VshArguments.Parse(words);

        Assert.Equal(("dev", "penguin"), (options.Vm, options.Container));
        Assert.Equal(["id"], options.Command);
    }

    [Fact]
    public void What_was_meant_as_a_command_and_taken_for_a_container_is_told_as_both()
    {
        Assert.Equal(
            "VM 'dev' has no running container 'ls'. 'vmc container list dev' shows its containers, 'vmc container start dev ls' starts "
            + "one. If 'ls' is a command: vsh dev -- ls",
            VshArguments.Parse(["dev", "ls"]).NoContainer);
        Assert.Equal(
            "VM with CID 5 has no running container 'ls'.", VshArguments.Parse(["--cid=5", "--target_container=ls"]).NoContainer);
    }

    [Fact]
    public void Variables_come_first_and_then_the_command_with_everything_that_follows()
    {
        var options = VshArguments.Parse(["dev", "--", "LANG=C", "EMPTY=", "EQUATION=a=b", "cmd", "X=1", "--", "--user=x"]);

        Assert.Equal([new("LANG", "C"), new("EMPTY", ""), new("EQUATION", "a=b")], options.Environment);
        Assert.Equal(["cmd", "X=1", "--", "--user=x"], options.Command);
    }

    [Theory]
    [InlineData("=x")]
    [InlineData("./a")]
    public void A_word_without_a_name_before_the_sign_is_the_command(string word)
    {
        Assert.Equal([word], VshArguments.Parse(["dev", "--", word]).Command);
    }

    [Theory]
    [InlineData("--vm_name=dev", "--owner_id=abc", "--user=root", "--cwd=/tmp")]
    [InlineData("-vm_name=dev", "-owner_id=abc", "-user=root", "-cwd=/tmp")]
    [InlineData("--user=root", "dev", "--cwd=/tmp", "--owner_id=abc")]
    public void The_originals_flags_are_known_wherever_they_stand(params string[] words)
    {
        var options = VshArguments.Parse(words);

        Assert.Equal(("dev", "abc", "root", "/tmp"), (options.Vm, options.Owner, options.User, options.Directory));
    }

    [Fact]
    public void A_value_may_be_the_next_word()
    {
        Assert.Equal("root", VshArguments.Parse(["--user", "root", "dev"]).User);
    }

    [Fact]
    public void A_number_as_directory_is_a_process()
    {
        var options = VshArguments.Parse(["dev", "--cwd=123"]);

        Assert.Equal(("", 123), (options.Directory, options.DirectoryOfPid));
    }

    [Fact]
    public void A_cid_stands_for_the_name()
    {
        Assert.Equal(new Cid(5), VshArguments.Parse(["--cid=5", "--", "true"]).Cid);
    }

    [Theory]
    [InlineData("Name the VM")]
    [InlineData("Name the VM", "--", "true")]
    [InlineData("not both", "dev", "--cid=5")]
    [InlineData("vsh dev -- /bin/true", "dev", "/bin/true")]
    [InlineData("'Penguin' cannot be the name of a container", "dev", "Penguin")]
    [InlineData("vsh dev -- ls /etc", "dev", "ls", "/etc")]
    [InlineData("vsh dev -- uname -a", "dev", "uname", "-a")]
    [InlineData("vsh dev penguin -- ls", "--target_container=penguin", "dev", "ls")]
    [InlineData("Name the container once", "dev", "penguin", "--target_container=other")]
    [InlineData("A container's name begins with", "dev", "--target_container=../x")]
    [InlineData("A container's name begins with", "dev", "--target_container=")]
    [InlineData("begins with a letter or digit", "--vm_name=")]
    [InlineData("CID", "--cid=2")]
    [InlineData("CID", "--cid=x")]
    [InlineData("CID", "--cid=-1")]
    [InlineData("needs a value", "dev", "--user")]
    [InlineData("does not know the option --bogus", "dev", "--bogus")]
    [InlineData("call back", "dev", "--listen_port=0")]
    public void A_mistake_is_one_sentence(string about, params string[] words)
    {
        var error = Assert.Throws<VmToolsException>(() => VshArguments.Parse(words));

        Assert.Equal(ErrorKind.InvalidArgument, error.Kind);
        Assert.Contains(about, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("dev", "--help")]
    public void Help_needs_nothing_else(params string[] words)
    {
        Assert.True(VshArguments.Parse(words).WantsHelp);
    }

    [Theory]
    [InlineData("--version")]
    [InlineData("dev", "-version")]
    public void The_version_needs_nothing_else(params string[] words)
    {
        Assert.True(VshArguments.Parse(words).WantsVersion);
    }

    [Fact]
    public void Every_option_is_in_the_help_and_in_the_completion()
    {
        string[] options = ["user", "cwd", "target_container", "cid", "vm_name", "owner_id", "help", "version"];

        Assert.All(options, option => Assert.Contains($"--{option}", VshHelp.Text, StringComparison.Ordinal));
        Assert.All(options, option => Assert.Contains($"--{option}", VshCompletion.Bash, StringComparison.Ordinal));
    }

    [Fact]
    public void Help_behind_the_dashes_is_the_commands()
    {
        var options = VshArguments.Parse(["dev", "--", "ls", "--help"]);

        Assert.False(options.WantsHelp);
        Assert.Equal(["ls", "--help"], options.Command);
    }

    [Fact]
    public void An_example_stands_apart_from_the_next_step()
    {
        var mistake = Assert.Throws<VmToolsException>(() => VshArguments.Parse(["demo", "penguin", "ls"]));

        Assert.EndsWith("as in: vsh demo -- penguin ls\nSee 'vsh --help'.", mistake.Message, StringComparison.Ordinal);
    }
}
