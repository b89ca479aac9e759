using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using VmTools.Host.GuestText;
using Xunit;

namespace VmTools.Unit.Host.GuestText;

/// <summary>The one table of what each place makes of what a guest may write.</summary>
public sealed class SafeTextTests
{
    private static readonly JsonSerializerOptions Relaxed =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    /// <summary>The raw text, and what becomes of it in a file, on a terminal, in a cell or a sentence, and in a quote.</summary>
    public static TheoryData<string, string, string, string, string> Table { get; } = new()
    {
        { "plain text", "plain text", "plain text", "plain text", "plain text" },
        { "", "", "", "", "" },
        { "wörter 日本 👍", "wörter 日本 👍", "wörter 日本 👍", "wörter 日本 👍", "wörter 日本 👍" },
        { "e\u0301", "e\u0301", "e\u0301", "e\u0301", "e\u0301" },
        { "two\nlines", "two#012lines", "two\nlines", "two\ufffdlines", "twolines" },
        { "a\ttab", "a#011tab", "a\ttab", "a\ufffdtab", "atab" },
        { "back\rto the start", "back#015to the start", "back\ufffdto the start", "back\ufffdto the start", "backto the start" },
        { "\x1b[31mred\x1b[0m", "#033[31mred#033[0m", "\ufffd[31mred\ufffd[0m", "\ufffd[31mred\ufffd[0m", "red" },
        { "\x1b]52;c;eA==\x07", "#033]52;c;eA==#007", "\ufffd]52;c;eA==\ufffd", "\ufffd]52;c;eA==\ufffd", "52;c;eA==" },
        { "nul\0del\x7f", "nul#000del#177", "nul\ufffddel\ufffd", "nul\ufffddel\ufffd", "nuldel" },
        { "c1\u009b31m", "c1#23331m", "c1\ufffd31m", "c1\ufffd31m", "c131m" },
        { "lone\ud800half", "lone\ufffdhalf", "lone\ufffdhalf", "lone\ufffdhalf", "lonehalf" },
        { "non\uffffcharacter", "non#177777character", "non\ufffdcharacter", "non\ufffdcharacter", "noncharacter" },
        { "right\u202eleft", "right\u202eleft", "right\ufffdleft", "right\ufffdleft", "rightleft" },
        { "\u2066isolate\u2069", "\u2066isolate\u2069", "\ufffdisolate\ufffd", "\ufffdisolate\ufffd", "isolate" },
        { "zero\u200bwidth", "zero\u200bwidth", "zero\ufffdwidth", "zero\ufffdwidth", "zerowidth" },
        { "\ufeffmark", "\ufeffmark", "\ufffdmark", "\ufffdmark", "mark" },
        { "line\u2028paragraph\u2029", "line\u2028paragraph\u2029", "line\ufffdparagraph\ufffd", "line\ufffdparagraph\ufffd",
            "lineparagraph" },
        { "tag\U000E0041", "tag\U000E0041", "tag\ufffd", "tag\ufffd", "tag" },
        { "soft\u00adhyphen", "soft\u00adhyphen", "soft\ufffdhyphen", "soft\ufffdhyphen", "softhyphen" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Each_place_gets_the_text_that_is_safe_there(string raw, string file, string terminal, string cell, string quote)
    {
        var written = new ArrayBufferWriter<byte>();
        SafeText.WriteForFile(Encoding.UTF8.GetBytes(raw), written);

        Assert.Equal(file, Encoding.UTF8.GetString(written.WrittenSpan));
        Assert.Equal(terminal, SafeText.ForTerminal(raw));
        Assert.Equal(cell, SafeText.ForCell(raw));
        Assert.Equal(cell, SafeText.ForSentence(raw, 100));
        Assert.Equal(quote, SafeText.ForQuote(raw, 100));
    }

    [Theory]
    [MemberData(nameof(Table))]
    public void Readers_of_JSON_get_the_very_text_and_a_terminal_is_not_driven(
        string raw, string file, string terminal, string cell, string quote)
    {
        _ = (file, terminal, cell, quote);
        var json = JsonSerializer.Serialize(new[] { raw }, Relaxed);

        var safe = SafeText.ForJson(json);

        Assert.Equal(JsonSerializer.Deserialize<string[]>(json), JsonSerializer.Deserialize<string[]>(safe));
        Assert.DoesNotContain(safe, letter => letter != '\n' && IsUnseen(letter));
    }

    [Fact]
    public void Every_character_that_is_not_seen_is_stopped_on_the_way_to_a_terminal()
    {
        var all = string.Concat(Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(point => new Rune(point).ToString()));

        foreach (var safe in (string[])[SafeText.ForCell(all), SafeText.ForSentence(all, int.MaxValue),
            SafeText.ForQuote(all, int.MaxValue), SafeText.ForJson(all.Replace("\n", "", StringComparison.Ordinal))])
        {
            Assert.DoesNotContain(safe.EnumerateRunes(), rune => Rune.GetUnicodeCategory(rune)
                is UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate);
        }

        Assert.DoesNotContain(SafeText.ForCell(all).EnumerateRunes(), Rune.IsControl);
        Assert.Equal(2, SafeText.ForTerminal(all).EnumerateRunes().Count(Rune.IsControl));
    }

    [Fact]
    public void A_sentence_shows_that_it_was_cut_and_never_half_a_character()
    {
        Assert.Equal("abc", SafeText.ForSentence("abc", 3));
        Assert.Equal("abc…", SafeText.ForSentence("abcd", 3));
        Assert.Equal("ab…", SafeText.ForSentence("ab👍", 3));
        Assert.Equal(500, SafeText.ForSentence(new string('\x1b', 100_000), 499).Length);
    }

    [Fact]
    public void A_quote_is_cut_behind_what_is_left_of_it()
    {
        Assert.Equal("abc", SafeText.ForQuote("\x1b[1ma\x1b[0mbcd", 3));
        Assert.Equal("ab", SafeText.ForQuote("ab👍", 3));
        Assert.Equal("cut off", SafeText.ForQuote("cut off \x1b[", 100));
    }

    [Fact]
    public void A_value_for_a_file_is_cut_between_characters_and_has_no_second_line()
    {
        Assert.Equal("a\\nb", SafeText.ForFile("a\nb", 100));
        Assert.Equal("ä", SafeText.ForFile("ää", 3));
        Assert.Equal("a\n\tb#033"u8.ToArray(), SafeText.LinesForFile("a\n\tb\x1b", 100));
        Assert.Equal("a\n"u8.ToArray(), SafeText.LinesForFile("a\n\tb\x1b", 2));
    }

    private static bool IsUnseen(char letter) => CharUnicodeInfo.GetUnicodeCategory(letter)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
