using System.Buffers;
using System.Globalization;
using System.Text;

namespace VmTools.Host.GuestText;

/// <summary>
/// The one place that decides which characters of a guest's text get through. It reads UTF-8: what a policy lets through is copied, all
/// else is replaced as the policy says. What comes out is always valid UTF-8.
/// </summary>
internal static class TextScanner
{
    private const byte FirstPlain = 0x20;
    private const byte LastPlain = 0x7e;
    private const byte Escape = 0x1b;

    /// <summary><c>#</c> and the seven octal digits of U+10FFFF.</summary>
    private const int LongestOctal = 8;

    private const int FewestDigits = 3;

    private static ReadOnlySpan<byte> Sign => "\uFFFD"u8;

    /// <summary>What the bytes become is appended to <paramref name="to"/>.</summary>
    public static void Scan(ReadOnlySpan<byte> raw, TextPolicy policy, IBufferWriter<byte> to)
    {
        while (!raw.IsEmpty)
        {
            var good = LengthOfGood(raw, policy);
            to.Write(raw[..good]);
            raw = raw[good..];
            if (!raw.IsEmpty)
            {
                raw = raw[ReplaceOne(raw, policy.Replacement, to)..];
            }
        }
    }

    /// <summary>How many bytes at the beginning stay as they are. Runs of plain ASCII are passed over many bytes at a time.</summary>
    private static int LengthOfGood(ReadOnlySpan<byte> raw, TextPolicy policy)
    {
        var good = 0;
        while (good < raw.Length)
        {
            var plain = raw[good..].IndexOfAnyExceptInRange(FirstPlain, LastPlain);
            if (plain < 0)
            {
                return raw.Length;
            }

            good += plain;
            if (Rune.DecodeFromUtf8(raw[good..], out var rune, out var length) != OperationStatus.Done || policy.Stops(rune))
            {
                return good;
            }

            good += length;
        }

        return good;
    }

    /// <summary>
    /// Writes what stands for the character or the bad bytes at the beginning, and says how many bytes that was. Of bytes that are not
    /// UTF-8 each is replaced by itself, but for the beginning of a sequence that then breaks off, which is replaced as one (the Unicode
    /// standard, "U+FFFD Substitution of Maximal Subparts").
    /// </summary>
    private static int ReplaceOne(ReadOnlySpan<byte> raw, TextReplacement replacement, IBufferWriter<byte> to)
    {
        if (replacement == TextReplacement.Nothing)
        {
            return raw[0] == Escape ? LengthOfEscape(raw) : LengthOfOne(raw);
        }

        if (Rune.DecodeFromUtf8(raw, out var rune, out var length) != OperationStatus.Done || replacement == TextReplacement.Sign)
        {
            to.Write(Sign);
        }
        else if (replacement == TextReplacement.Octal)
        {
            WriteOctal(rune.Value, to);
        }
        else
        {
            WriteJson(rune, to);
        }

        return length;
    }

    private static int LengthOfOne(ReadOnlySpan<byte> raw)
    {
        Rune.DecodeFromUtf8(raw, out _, out var length);
        return length;
    }

    /// <summary>ECMA-48: ESC [ parameters and a final byte, or ESC and one character.</summary>
    private static int LengthOfEscape(ReadOnlySpan<byte> raw)
    {
        if (raw.Length < 2)
        {
            return raw.Length;
        }

        if (raw[1] != '[')
        {
            return 1 + LengthOfOne(raw[1..]);
        }

        var end = raw[2..].IndexOfAnyInRange((byte)'@', (byte)'~');
        return end < 0 ? raw.Length : 2 + end + 1;
    }

    private static void WriteOctal(int codePoint, IBufferWriter<byte> to)
    {
        Span<byte> text = stackalloc byte[LongestOctal];
        var at = LongestOctal;
        for (var rest = codePoint; rest > 0 || LongestOctal - at < FewestDigits; rest >>= 3)
        {
            text[--at] = (byte)('0' + (rest & 7));
        }

        text[--at] = (byte)'#';
        to.Write(text[at..]);
    }

    private static void WriteJson(Rune rune, IBufferWriter<byte> to)
    {
        Span<char> units = stackalloc char[2];
        foreach (var unit in units[..rune.EncodeToUtf16(units)])
        {
            to.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}")));
        }
    }
}

/// <summary>Which characters get through, and what stands for those that do not.</summary>
internal sealed record TextPolicy(TextReplacement Replacement)
{
    /// <summary>Whether characters are stopped that are not seen but change how others are: see <see cref="IsInvisible"/>.</summary>
    public bool StopsInvisible { get; init; } = true;

    /// <summary>The control characters that get through.</summary>
    public string Kept { get; init; } = "";

    public bool Stops(Rune rune)
    {
        var point = rune.Value;
        return IsControl(point) ? point > 0x7f || !Kept.Contains((char)point, StringComparison.Ordinal)
            : IsNoncharacter(point) || (StopsInvisible && IsInvisible(rune))
                || (point == Rune.ReplacementChar.Value && Replacement == TextReplacement.Nothing);
    }

    private static bool IsControl(int point) => point is < 0x20 or (>= 0x7f and <= 0x9f);

    /// <summary>The Unicode standard, section 23.7.</summary>
    private static bool IsNoncharacter(int point) => point is >= 0xfdd0 and <= 0xfdef || (point & 0xfffe) == 0xfffe;

    /// <summary>
    /// Characters of the category Cf, which turn the direction of text around (U+202A to U+202E, U+2066 to U+2069) or take no room (U+200B
    /// to U+200F, U+FEFF), separators of lines and paragraphs, and the plane's beginning that is kept for tags and their like (U+E0000 to
    /// U+E0FFF).
    /// </summary>
    private static bool IsInvisible(Rune rune) => rune.Value is >= 0xe0000 and <= 0xe0fff || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}

/// <summary>What stands for a character that does not get through.</summary>
internal enum TextReplacement
{
    /// <summary><c>#</c> and the code point in octal, as syslog daemons write control characters.</summary>
    Octal,

    /// <summary>U+FFFD.</summary>
    Sign,

    /// <summary>Nothing; an escape sequence goes as a whole, and so does U+FFFD, which only says that something was lost.</summary>
    Nothing,

    /// <summary><c>\u</c> and four hexadecimal digits, by which a reader of JSON gets the very character.</summary>
    Json,
}
