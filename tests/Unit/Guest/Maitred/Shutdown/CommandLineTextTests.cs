using VmTools.Guest.Maitred.Shutdown;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Shutdown;

public sealed class CommandLineTextTests
{
    [Theory]
    [InlineData("foo\0--bar", "foo --bar")]
    [InlineData("foo\0--bar\0", "foo --bar")]
    [InlineData("", "")]
    public void Each_argument_ends_with_a_NUL(string raw, string expected) => Assert.Equal(expected, CommandLineText.Join(raw));

    [Fact]
    public void A_program_of_a_container_has_no_name_in_the_log() =>
        Assert.Equal("container process", CommandLineText.ForLog("firefox https://private.example", 0, 1));

    [Fact]
    public void A_process_without_arguments_is_unknown() => Assert.Equal("unknown process", CommandLineText.ForLog("", 7, 7));

    [Fact]
    public void A_program_of_the_VM_itself_is_named_in_full() =>
        Assert.Equal("mkfs.ext4 /dev/vdb", CommandLineText.ForLog("mkfs.ext4 /dev/vdb", 7, 7));

    [Fact]
    public void An_unknown_name_space_counts_as_a_container_even_if_both_are_unknown() =>
        Assert.Equal("container process", CommandLineText.ForLog("secret", 0, 0));

    [Theory]
    [InlineData(
        "/opt/google/cros-containers/lib/ld-linux-x86-64.so.2 --argv0 /usr/bin/garcon /opt/google/garcon --server --token",
        "/opt/google/cros-containers/lib/ld-linux-x86-64.so.2 --argv0 /usr/bin/garcon")]
    [InlineData("/opt/google/garcon --server", "/opt/google/garcon --server")]
    [InlineData("/opt/google/garcon --server ", "/opt/google/garcon --server ")]
    [InlineData("/opt/google/garcon", "/opt/google/garcon")]
    public void A_program_of_ours_in_a_container_is_named_by_three_words(string commandLine, string expected) =>
        Assert.Equal(expected, CommandLineText.ForLog(commandLine, 7, 8));
}
