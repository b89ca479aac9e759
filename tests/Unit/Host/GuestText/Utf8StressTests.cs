using System.Buffers;
using System.Text;
using VmTools.Host.GuestText;
using Xunit;

namespace VmTools.Unit.Host.GuestText;

/// <summary>
/// What decoders of UTF-8 are known to get wrong (the Unicode standard, sections 3.9 and 23.7): each row is text between two letters, and
/// what the scrubber makes of it. The runtime's own decoder must see the same replacements; where it shows a character, the scrubber
/// may have written its number.
/// </summary>
public sealed class Utf8StressTests
{
    private const string Bad = "\ufffd";

    [Theory]
    [InlineData("00", "#000")]
    [InlineData("C2 80", "#200")]
    [InlineData("E0 A0 80", "\u0800")]
    [InlineData("F0 90 80 80", "\U00010000")]
    [InlineData("7F", "#177")]
    [InlineData("DF BF", "\u07ff")]
    [InlineData("EF BF BF", "#177777")]
    [InlineData("ED 9F BF", "\ud7ff")]
    [InlineData("EE 80 80", "\ue000")]
    [InlineData("EF BF BD", "\ufffd")]
    [InlineData("F4 8F BF BD", "\U0010fffd")]
    [InlineData("F4 8F BF BF", "#4177777")]
    public void The_first_and_last_code_point_of_each_length_is_itself(string hex, string expected) => Becomes(hex, expected);

    [Theory]
    [InlineData("F8 88 80 80 80", 5)]
    [InlineData("FC 84 80 80 80 80", 6)]
    [InlineData("F7 BF BF BF", 4)]
    [InlineData("FB BF BF BF BF", 5)]
    [InlineData("FD BF BF BF BF BF", 6)]
    [InlineData("F4 90 80 80", 4)]
    [InlineData("FE FE FF FF", 4)]
    public void What_would_be_beyond_the_last_code_point_is_not_one(string hex, int bytes) => Becomes(hex, Times(bytes));

    [Theory]
    [InlineData("C0 AF", 2)]
    [InlineData("C0 80", 2)]
    [InlineData("C1 BF", 2)]
    [InlineData("E0 80 AF", 3)]
    [InlineData("E0 9F BF", 3)]
    [InlineData("F0 80 80 AF", 4)]
    [InlineData("F0 8F BF BF", 4)]
    [InlineData("F8 80 80 80 AF", 5)]
    [InlineData("F8 87 BF BF BF", 5)]
    [InlineData("FC 80 80 80 80 AF", 6)]
    [InlineData("FC 83 BF BF BF BF", 6)]
    public void A_character_in_more_bytes_than_it_needs_is_none(string hex, int bytes) => Becomes(hex, Times(bytes));

    [Theory]
    [InlineData("ED A0 80", 3)]
    [InlineData("ED AD BF", 3)]
    [InlineData("ED AE 80", 3)]
    [InlineData("ED AF BF", 3)]
    [InlineData("ED B0 80", 3)]
    [InlineData("ED BF BF", 3)]
    [InlineData("ED A0 80 ED B0 80", 6)]
    [InlineData("ED AF BF ED BF BF", 6)]
    public void Surrogates_are_no_characters_alone_or_in_pairs(string hex, int bytes) => Becomes(hex, Times(bytes));

    [Theory]
    [InlineData("C2", 1)]
    [InlineData("E0 A0", 1)]
    [InlineData("F0 90 80", 1)]
    [InlineData("EF BF", 1)]
    [InlineData("F4 8F BF", 1)]
    [InlineData("DF E0 A0 F0 90 80", 3)]
    [InlineData("E1 80 E2 F0 91 92 F1 BF", 4)]
    [InlineData("F8 88 80", 3)]
    public void A_beginning_that_breaks_off_is_one_replacement(string hex, int beginnings) => Becomes(hex, Times(beginnings));

    [Fact]
    public void Every_continuation_byte_alone_is_one_replacement()
    {
        for (var value = 0x80; value <= 0xbf; value++)
        {
            Becomes([(byte)value], Bad);
        }
    }

    [Fact]
    public void Every_first_byte_before_a_blank_is_one_replacement()
    {
        for (var value = 0xc0; value <= 0xff; value++)
        {
            Becomes([(byte)value, (byte)' '], Bad + " ");
        }
    }

    [Fact]
    public void The_noncharacters_of_all_planes_are_written_as_numbers()
    {
        int[] noncharacters = [.. Enumerable.Range(0xfdd0, 32), .. Enumerable.Range(0, 17)
            .SelectMany(plane => new[] { (plane << 16) + 0xfffe, (plane << 16) + 0xffff })];

        Assert.Equal(66, noncharacters.Length);
        Assert.All(noncharacters, value => Becomes(Encoding.UTF8.GetBytes(new Rune(value).ToString()), "#" + Convert.ToString(value, 8)));
    }

    [Fact]
    public void Of_three_byte_sequences_those_that_are_characters_are_the_runtimes()
    {
        foreach (var first in (ReadOnlySpan<byte>)[0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef])
        {
            for (var rest = 0; rest < 0x10000; rest += 7)
            {
                SeenAlike([first, (byte)(rest >> 8), (byte)rest]);
            }
        }
    }

    [Fact]
    public void Two_bytes_of_any_kind_are_read_as_the_runtime_reads_them()
    {
        for (var both = 0; both < 0x10000; both++)
        {
            SeenAlike([(byte)(both >> 8), (byte)both]);
        }
    }

    private static string Times(int count) => string.Concat(Enumerable.Repeat(Bad, count));

    private static void Becomes(string hex, string expected) =>
        Becomes(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), expected);

    private static void Becomes(byte[] bytes, string expected)
    {
        byte[] between = [(byte)'a', .. bytes, (byte)'z'];

        Assert.Equal($"a{expected}z", Scrubbed(between));
        SeenAlike(between);
    }

    private static void SeenAlike(byte[] bytes)
    {
        var decoded = Encoding.UTF8.GetString(bytes);

        Assert.Equal(decoded.Count(unit => unit == '\ufffd'), Scrubbed(bytes).Count(unit => unit == '\ufffd'));
        if (!decoded.EnumerateRunes()
            .Any(rune => Rune.IsControl(rune) || rune.Value is >= 0xfdd0 and <= 0xfdef || (rune.Value & 0xfffe) == 0xfffe))
        {
            Assert.Equal(decoded, Scrubbed(bytes));
        }
    }

    private static string Scrubbed(byte[] raw)
    {
        var output = new ArrayBufferWriter<byte>();
        SafeText.WriteForFile(raw, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
