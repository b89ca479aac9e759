using System.Text;
using CsCheck;
using VmTools.Guest.Maitred.Startup;
using VmTools.Guest.Maitred.Supervision;
using Xunit;

namespace VmTools.Unit.Guest.Maitred.Startup;

public sealed class LaunchSpecParserTests
{
    [Fact]
    public void A_complete_entry_is_read()
    {
        var spec = Read("""
            # starts the log daemon
            argv: "vm_syslog"
            argv: '--verbose'
            env { key: "LANG" value: "C.UTF-8" }
            env: < key: 'EMPTY' >;
            respawn: true,
            use_console: false
            """);

        Assert.Equal(["vm_syslog", "--verbose"], spec.Arguments);
        Assert.Equal("C.UTF-8", spec.Environment["LANG"]);
        Assert.Equal("", spec.Environment["EMPTY"]);
        Assert.True(spec.Respawn);
        Assert.False(spec.UseConsole);
        Assert.False(spec.WaitForExit);
    }

    [Theory]
    [InlineData("""argv: ["a", "b"]""")]
    [InlineData("""argv:["a"] argv : "b" """)]
    [InlineData("argv: \"a\" argv: \"b\"")]
    public void Repeated_fields_may_be_written_as_a_list(string text) =>
        Assert.Equal(["a", "b"], Read(text).Arguments);

    [Fact]
    public void Variables_may_be_written_as_a_list() =>
        Assert.Equal(2, Read("""argv:"x" env: [{key:"A" value:"1"}, <key:"B" value:"2">]""").Environment.Count);

    [Fact]
    public void The_last_of_two_equal_variables_wins() =>
        Assert.Equal("2", Read("""argv:"x" env{key:"A" value:"1"} env{key:"A" value:"2"}""").Environment["A"]);

    [Fact]
    public void Strings_that_follow_each_other_are_one() =>
        Assert.Equal("one two", Read("argv: \"one\" ' '\n  # still the same\n \"two\"").Arguments[0]);

    [Theory]
    [InlineData("""\n\t\"\'\\\?""", "\n\t\"'\\?")]
    [InlineData("""\x41\x4a""", "AJ")]
    [InlineData("""\101\60""", "A0")]
    [InlineData("""\303\244""", "ä")]
    [InlineData("""ä\u00e4\U0001F600""", "ää\U0001F600")]
    [InlineData("# no comment", "# no comment")]
    public void Escapes_are_those_of_C(string literal, string expected) =>
        Assert.Equal(expected, Read($"argv: \"{literal}\"").Arguments[0]);

    [Theory]
    [InlineData("true", true)]
    [InlineData("True", true)]
    [InlineData("t", true)]
    [InlineData("1", true)]
    [InlineData("false", false)]
    [InlineData("0", false)]
    public void Flags_have_several_spellings(string word, bool expected) =>
        Assert.Equal(expected, Read($"argv:\"x\" respawn: {word}").Respawn);

    [Theory]
    [InlineData("", "missing argv")]
    [InlineData("respawn: true", "missing argv")]
    [InlineData("argv: \"\"", "missing argv")]
    [InlineData("argv: []", "missing argv")]
    [InlineData("argv: \"x\" respawn: true wait_for_exit: true", "both")]
    [InlineData("argv: \"x\" colour: \"red\"", "line 1: the field 'colour' does not exist")]
    [InlineData("argv: \"x\"\n\nrespawn: maybe", "line 3")]
    [InlineData("argv: \"x\" respawn: true respawn: true", "given twice")]
    [InlineData("argv: \"x\" env { key: \"A\" key: \"B\" }", "given twice")]
    [InlineData("argv: \"x\" env { name: \"A\" }", "does not exist")]
    [InlineData("argv: \"x\" env { key: \"A\" ", "expected")]
    [InlineData("argv: \"x\" env { key: \"A\" >", "expected")]
    [InlineData("argv: \"x\" env { key: \"\" }", "name of an environment variable")]
    [InlineData("argv: \"x\" env { key: \"A=B\" }", "name of an environment variable")]
    [InlineData("argv: \"x\\000y\"", "NUL")]
    [InlineData("argv \"x\"", "expected ':'")]
    [InlineData("argv: x", "expected a string")]
    [InlineData("argv: \"x", "not closed")]
    [InlineData("argv: \"x\n\"", "not closed")]
    [InlineData("argv: \"\\q\"", "escape")]
    [InlineData("argv: \"\\400\"", "escape")]
    [InlineData("argv: \"\\x\"", "escape")]
    [InlineData("argv: \"\\ud800\"", "escape")]
    [InlineData("argv: \"\\U00110000\"", "escape")]
    [InlineData("argv: \"\\", "escape")]
    [InlineData("argv: \"\\377\"", "UTF-8")]
    [InlineData("argv: [\"a\" \"b\", ]", "expected a string")]
    [InlineData("argv: [\"a\"", "expected ','")]
    [InlineData("argv: \"x\" }", "expected the name of a field")]
    [InlineData("argv: \"x\" %", "no place here")]
    [InlineData("[type.googleapis.com/x]: { }", "expected the name of a field")]
    public void What_is_not_an_entry_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(LaunchSpecParser.TryParse(Encoding.UTF8.GetBytes(text), out var spec, out var problem));

        Assert.Null(spec);
        Assert.Contains(reason, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_text_is_refused()
    {
        Assert.False(LaunchSpecParser.TryParse([0xFF, 0xFE, 0x00], out _, out var problem));

        Assert.Contains("UTF-8", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_too_large_is_refused() =>
        Assert.False(LaunchSpecParser.TryParse(new byte[LaunchSpecParser.MaxBytes + 1], out _, out _));

    [Fact]
    public void Any_bytes_are_an_entry_or_a_reason() =>
        Gen.Char["argv: \"'{}<>[]env\\x0u#\n,;keyvaluetrue"].Array[0, 200].Sample(characters =>
        {
            var parsed = LaunchSpecParser.TryParse(Encoding.UTF8.GetBytes(characters), out var spec, out var problem);

            Assert.Equal(parsed, spec is not null);
            Assert.Equal(parsed, problem is null);
        });

    [Fact]
    public void Any_argument_survives_being_written_with_octal_escapes() =>
        Gen.String.Where(text => text.Length > 0 && !text.Contains('\0') && text == Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)))
            .Sample(text =>
            {
                var escaped = string.Concat(Encoding.UTF8.GetBytes(text).Select(b => "\\" + Convert.ToString(b, 8).PadLeft(3, '0')));

                Assert.Equal(text, Read($"argv: \"{escaped}\"").Arguments[0]);
            });

    private static LaunchSpec Read(string text)
    {
        Assert.True(LaunchSpecParser.TryParse(Encoding.UTF8.GetBytes(text), out var spec, out var problem), problem);
        return spec!;
    }
}
