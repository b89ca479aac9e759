using System.Buffers;
using System.Text;
using System.Text.Unicode;
using CsCheck;
using VmTools.Host.GuestText;
using Xunit;

namespace VmTools.Unit.Host.GuestText;

public sealed class ScrubberTests
{
    private static readonly byte[] Telling =
    [
        0, 9, 10, 13, 0x1b, (byte)'a', (byte)'#', 0x7f, 0x80, 0x85, 0x9f, 0xa0, 0xbf, 0xbe, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xb7, 0x90, 0xf0,
            0xf4, 0xf5, 0xff,
    ];

    /// <summary>Bytes with many more beginnings, continuations and controls than chance would give.</summary>
    private static readonly Gen<byte[]> Odd = Gen.OneOf(
        Gen.Byte.Array[0, 64],
        Gen.Int[0, Telling.Length - 1].Select(index => Telling[index]).Array[0, 24]);

    private static readonly Gen<Rune> AnyRune = Gen.OneOf(
        Gen.Int[0, 0xd7ff],
        Gen.Int[0xe000, 0x10ffff],
        Gen.Int[0, 0xff],
        Gen.Int[0xfdc0, 0xfdff],
        Gen.Select(Gen.Int[0, 16], Gen.Int[0xfffc, 0xffff], static (plane, last) => (plane << 16) + last)).Select(value => new Rune(value));

    [Theory]
    [InlineData("")]
    [InlineData("plain text ~")]
    [InlineData("größer, 大きい, 🙂")]
    [InlineData("\u00a0\ufdcf\ufdf0\ufffd\U0001fffd\U0010fffd")]
    [InlineData("\u202e\u2028")]
    public void Printable_text_stays(string text) => Assert.Equal(text, Scrubbed(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("\0", "#000")]
    [InlineData("\u0007", "#007")]
    [InlineData("\t", "#011")]
    [InlineData("\n", "#012")]
    [InlineData("\r\n", "#015#012")]
    [InlineData("\u001b[31mred", "#033[31mred")]
    [InlineData("\u001c", "#034")]
    [InlineData("\u001f", "#037")]
    [InlineData("\u007f", "#177")]
    [InlineData("\u0080", "#200")]
    [InlineData("\u008c", "#214")]
    [InlineData("\u0091", "#221")]
    [InlineData("\u009f", "#237")]
    public void A_control_character_becomes_its_number(string text, string expected) =>
        Assert.Equal($"a{expected}b", Scrubbed(Encoding.UTF8.GetBytes($"a{text}b")));

    [Theory]
    [InlineData(0xfdd0, "#176720")]
    [InlineData(0xfde1, "#176741")]
    [InlineData(0xfdea, "#176752")]
    [InlineData(0xfdef, "#176757")]
    [InlineData(0xfffe, "#177776")]
    [InlineData(0xffff, "#177777")]
    [InlineData(0x1fffe, "#377776")]
    [InlineData(0x10ffff, "#4177777")]
    public void A_noncharacter_becomes_its_number(int codePoint, string expected) =>
        Assert.Equal(expected, Scrubbed(Encoding.UTF8.GetBytes(char.ConvertFromUtf32(codePoint))));

    [Theory]
    [InlineData("80", 1)]
    [InlineData("BF BF", 2)]
    [InlineData("FE", 1)]
    [InlineData("FF", 1)]
    [InlineData("C0 AF", 2)]
    [InlineData("E0 80 AF", 3)]
    [InlineData("F0 80 80 AF", 4)]
    [InlineData("ED A0 80", 3)]
    [InlineData("ED BA AD", 3)]
    [InlineData("F4 AF BF BF", 4)]
    [InlineData("F7 9F BF BF", 4)]
    [InlineData("F8 88 80 80 80", 5)]
    [InlineData("C2", 1)]
    public void A_byte_that_is_not_utf8_becomes_one_replacement(string hex, int count)
    {
        byte[] bytes = [(byte)'<', .. Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), (byte)'>'];

        Assert.Equal($"<{new string('\ufffd', count)}>", Scrubbed(bytes));
    }

    [Fact]
    public void Whatever_comes_in_comes_out_as_the_decoder_of_the_runtime_reads_it()
    {
        Odd.Sample(bytes => Assert.Equal(Reference(Encoding.UTF8.GetString(bytes)), Scrubbed(bytes)));
    }

    [Fact]
    public void Every_code_point_is_kept_or_numbered_by_its_class()
    {
        AnyRune.Array[0, 32].Sample(runes =>
        {
            var text = string.Concat(runes);

            Assert.Equal(Reference(text), Scrubbed(Encoding.UTF8.GetBytes(text)));
        });
    }

    [Fact]
    public void What_comes_out_is_valid_on_one_line_and_comes_through_again_unchanged()
    {
        Odd.Sample(bytes =>
        {
            var output = Bytes(bytes);

            Assert.True(Utf8.IsValid(output));
            Assert.DoesNotContain(output, unit => unit is < 0x20 or 0x7f);
            Assert.Equal(output, Bytes(output));
        });
    }

    /// <summary>The rules said another way, over what the runtime's own decoder has read.</summary>
    private static string Reference(string decoded) => string.Concat(decoded.EnumerateRunes().Select(rune =>
        Rune.IsControl(rune) || rune.Value is >= 0xfdd0 and <= 0xfdef || (rune.Value & 0xffff) >= 0xfffe
            ? "#" + Convert.ToString(rune.Value, 8).PadLeft(3, '0')
            : rune.ToString()));

    private static string Scrubbed(byte[] raw) => Encoding.UTF8.GetString(Bytes(raw));

    private static byte[] Bytes(byte[] raw)
    {
        var output = new ArrayBufferWriter<byte>();
        SafeText.WriteForFile(raw, output);
        return output.WrittenSpan.ToArray();
    }
}
