using VmTools.Guest.CrashCollector.Facts;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Facts;

public sealed class StatusTextTests
{
    private const string Status = "Name:\tPPid:\t1\nState:\tS (sleeping)\nPid:\t40\nPPid:\t39\nNSpid:\t40\t7\t1\n";

    [Fact]
    public void A_line_is_found_by_what_stands_at_its_start() => Assert.Equal("S (sleeping)", StatusText.ValueOf(Status, "State"));

    [Fact]
    public void The_parent_is_not_read_out_of_a_name() => Assert.Equal(39, StatusText.ParentOf(Status));

    [Fact]
    public void The_innermost_number_is_the_last() => Assert.Equal(1, StatusText.InnermostIdOf(Status));

    [Theory]
    [InlineData("")]
    [InlineData("PPid: 39\n")]
    [InlineData(" PPid:\t39\n")]
    [InlineData("PPid:\tx\n")]
    [InlineData("PPid:\t-1\n")]
    [InlineData("PPid:\n")]
    public void What_is_not_there_is_nothing(string status) => Assert.Null(StatusText.ParentOf(status));
}
