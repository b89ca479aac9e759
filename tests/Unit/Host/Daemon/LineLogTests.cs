using System.Text;
using Microsoft.Extensions.Logging;
using VmTools.Host.Daemon;
using Xunit;

namespace VmTools.Unit.Host.Daemon;

/// <summary>A daemon's log holds what strangers sent: a line is one line, bounded, and harmless on a terminal.</summary>
public sealed class LineLogTests
{
    private readonly List<byte[]> _lines = [];
    private readonly LineLog _log;

    public LineLogTests() => _log = new LineLog(_lines.Add, "daemon", TimeProvider.System);

    [Fact]
    public void Control_characters_are_escaped_and_lines_stay_lines()
    {
        Log("a\u001b[31mb\0c\nd\u009be");

        Assert.EndsWith(
            " warning daemon: a#033[31mb#000c d#233e\n", Encoding.UTF8.GetString(Assert.Single(_lines)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('x')]
    [InlineData('\u0001')]
    [InlineData('é')]
    [InlineData('€')]
    public void A_line_is_cut_after_two_kibibytes(char letter)
    {
        Log(new string(letter, 4_000_000));

        var line = Assert.Single(_lines);
        Assert.InRange(line.Length, 2000, 2200);
        Assert.EndsWith("… (cut)\n", Encoding.UTF8.GetString(line), StringComparison.Ordinal);
        Assert.DoesNotContain("\ufffd", Encoding.UTF8.GetString(line), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_that_fits_is_left_as_it_is()
    {
        Log("plain – and done");

        Assert.EndsWith(" warning daemon: plain – and done\n", Encoding.UTF8.GetString(Assert.Single(_lines)), StringComparison.Ordinal);
    }

    private void Log(string text) => _log.Log(LogLevel.Warning, default, text, null, static (state, _) => state);
}
