using VmTools.Host.GuestText;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.GuestText;

/// <summary>What a guest wrote never reaches a terminal as it is.</summary>
public sealed class LogTailTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("\u001b[1;31mred\u001b[0m", "red")]
    [InlineData("\u001b]0;title\u0007rest", "0;titlerest")]
    [InlineData("carriage\rreturn\u0000", "carriagereturn")]
    [InlineData("\u009b31mcsi", "31mcsi")]
    [InlineData("cut off \u001b[", "cut off")]
    [InlineData("cut off \u001b", "cut off")]
    public void Control_characters_and_escapes_go(string line, string clean)
    {
        Assert.Equal(clean, LogTail.Clean(line));
    }

    [Fact]
    public void Only_the_last_lines_of_a_long_log_are_read()
    {
        File.WriteAllText(_directory.File("log"), string.Join('\n', Enumerable.Range(0, 5000).Select(number => $"line {number}")) + "\n");

        Assert.Equal(["line 4998", "line 4999"], LogTail.Read(_directory.File("log"), lines: 2));
    }

    [Fact]
    public void A_log_that_is_not_there_has_no_lines()
    {
        Assert.Empty(LogTail.Read(_directory.File("nothing"), lines: 5));
    }

    [Fact]
    public void A_line_without_end_is_cut()
    {
        File.WriteAllText(_directory.File("log"), new string('x', 100_000));

        Assert.Equal(200, Assert.Single(LogTail.Read(_directory.File("log"), lines: 5)).Length);
    }

    [Fact]
    public void Nothing_is_quoted_of_a_log_without_lines()
    {
        File.WriteAllText(_directory.File("log"), "\n\n");

        Assert.Equal("", LogTail.Quote("It says", _directory.File("log"), lines: 5));
    }

    [Fact]
    public void A_quotation_stands_on_lines_of_its_own()
    {
        File.WriteAllText(_directory.File("log"), "one\n\u001b[2Jtwo\n");

        Assert.Equal("\nIt says:\n  one\n  two", LogTail.Quote("It says", _directory.File("log"), lines: 5));
    }
}
