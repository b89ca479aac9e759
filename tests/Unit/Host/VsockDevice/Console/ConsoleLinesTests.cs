using System.Text;
using CsCheck;
using VmTools.Host.VsockDevice.Console;
using Xunit;

namespace VmTools.Unit.Host.VsockDevice.Console;

public sealed class ConsoleLinesTests
{
    private static readonly string[] Pieces = ["a", "ü", "\n", "\r", "\u001b", "[", "]", "0", "m", "\u0007", "\t", "\0"];

    [Theory]
    [InlineData("one\ntwo\n", "one|two")]
    [InlineData("one\r\ntwo\r\r\n", "one|two")]
    [InlineData("\n\r\n\n", "")]
    [InlineData("10 %\r20 %\r\n", "10 %|20 %")]
    [InlineData("a\tb", "a b")]
    [InlineData("\u001b[1;31mred\u001b[0m text\u001b[K\n", "red text")]
    [InlineData("\u001b]0;title\u0007shown\n", "shown")]
    [InlineData("\u001bP1$r0m\u001b\\shown\n", "shown")]
    [InlineData("\u001b(Bshown\u001b=\n", "shown")]
    [InlineData("\u001b]unfinished\nnext\n", "next")]
    [InlineData("\u001b[12\nnext\n", "next")]
    [InlineData("\u001b[\u0000x\n", "\u0000x")]
    [InlineData("no end", "no end")]
    public void Lines_are_told_without_their_ends_and_escapes(string said, string lines) =>
        Assert.Equal(lines, string.Join('|', Lines(Encoding.UTF8.GetBytes(said))));

    [Fact]
    public void A_long_line_is_cut_between_characters()
    {
        var lines = Lines(Encoding.UTF8.GetBytes(new string('x', 999) + "üü" + new string('y', 2000) + "\n"));

        Assert.Equal(new string('x', 999), lines[0]);
        Assert.StartsWith("üüy", lines[1], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 1, ConsoleLines.MaxLine));
    }

    [Fact]
    public void Where_the_reads_cut_makes_no_difference() =>
        Gen.Select(Gen.OneOf([.. Pieces.Select(Gen.Const)]).Array[0, 60], Gen.Int[1, 7]).Sample((said, step) =>
        {
            var bytes = Encoding.UTF8.GetBytes(string.Concat(said));

            Assert.Equal(Lines(bytes), Lines(bytes, step));
        });

    [Fact]
    public void Any_bytes_become_lines_without_a_line_feed_or_escape() => Gen.Byte.Array[0, 5000].Sample(bytes =>
    {
        List<byte[]> lines = [];
        var splitter = new ConsoleLines(line => lines.Add(line.ToArray()));
        splitter.Take(bytes);
        splitter.End();

        Assert.All(lines, line => Assert.True(
            line.Length is > 0 and <= ConsoleLines.MaxLine && line.AsSpan().IndexOfAny("\n\r\u001b"u8) < 0));
    });

    private static List<string> Lines(byte[] said, int step = int.MaxValue)
    {
        List<string> lines = [];
        var splitter = new ConsoleLines(line => lines.Add(Encoding.UTF8.GetString(line)));
        for (var at = 0; at < said.Length; at += Math.Min(step, said.Length))
        {
            splitter.Take(said.AsSpan(at, Math.Min(step, said.Length - at)));
        }

        splitter.End();
        return lines;
    }
}
