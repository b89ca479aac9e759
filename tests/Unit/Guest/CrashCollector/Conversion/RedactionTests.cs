using System.Text;
using VmTools.Guest.CrashCollector.Conversion;
using VmTools.Guest.CrashCollector.Facts;
using Xunit;

namespace VmTools.Unit.Guest.CrashCollector.Conversion;

public sealed class RedactionTests
{
    [Theory]
    [InlineData("..TOKEN=hunter2hunter2..", "..TOKEN=**************..")]
    [InlineData("..copy of hunter2hunter2..hunter2hunter2", "..copy of **************..**************")]
    [InlineData("..PIN=1234..1234..", "..PIN=****..1234..")]
    [InlineData("..KEY=/root/key../root/key..", "..KEY=*********../root/key..")]
    [InlineData("..HOME=/root..", "..HOME=/root..")]
    [InlineData("nothing of it", "nothing of it")]
    public void What_the_environment_is_without_is_not_in_the_memory_either(string memory, string expected)
    {
        var bytes = Encoding.ASCII.GetBytes(memory);

        Redaction.Blank(bytes, EnvironmentText.Secrets("TOKEN=hunter2hunter2\0PIN=1234\0KEY=/root/key\0HOME=/root\0EMPTY=\0"u8));

        Assert.Equal(expected, Encoding.ASCII.GetString(bytes));
    }

    [Fact]
    public void A_block_that_is_no_variable_is_blanked_whole()
    {
        var bytes = "..a secret without a name.."u8.ToArray();

        Redaction.Blank(bytes, EnvironmentText.Secrets("a secret without a name"u8));

        Assert.Equal("..***********************..", Encoding.ASCII.GetString(bytes));
    }
}
