using System.Text;
using VmTools.Guest.Tremplin.Log;
using Xunit;

namespace VmTools.Unit.Guest.Tremplin.Log;

/// <summary>A message of a container as a message of the VM's log.</summary>
public sealed class LogLineTests
{
    [Theory]
    [InlineData("<30>Nov 29 23:00:00 sshd[12]: hello", "<30>penguin/sshd[12]: hello")]
    [InlineData("<30>Nov  9 23:00:00 cron: x", "<30>penguin/cron: x")]
    [InlineData("<13>logger: no time", "<13>penguin/logger: no time")]
    [InlineData("just text", "<13>penguin/just text")]
    [InlineData("<99999>text", "<13>penguin/<99999>text")]
    [InlineData("<1x>text", "<13>penguin/<1x>text")]
    [InlineData("<>text", "<13>penguin/<>text")]
    [InlineData("<5>", "")]
    [InlineData("", "")]
    public void The_name_stands_before_the_program(string datagram, string expected) => Assert.Equal(
        expected, Encoding.UTF8.GetString(LogLine.For(TestContainers.Name("penguin"), Encoding.UTF8.GetBytes(datagram))));

    [Fact]
    public void A_container_cannot_take_anothers_name()
    {
        var line = LogLine.For(TestContainers.Name("evil"), "<30>penguin/sshd: mine"u8);

        Assert.StartsWith("<30>evil/", Encoding.UTF8.GetString(line), StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_message_is_cut() =>
        Assert.InRange(LogLine.For(TestContainers.Name("penguin"), new byte[100_000]).Length, 1, LogLine.MaxDatagram + 100);
}
