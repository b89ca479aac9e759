using System.Buffers;
using System.Text;

namespace VmTools.Host.GuestText;

/// <summary>
/// Makes text of a guest safe to keep and to show: what comes out is valid UTF-8 on one line. Control characters and
/// noncharacters become <c>#</c> and their code point in octal, bytes that are not UTF-8 become U+FFFD, all else stays.
/// </summary>
internal static class Scrubber
{
    private const byte FirstPlain = 0x20;
    private const byte LastPlain = 0x7e;

    /// <summary><c>#</c> and the seven octal digits of U+10FFFF.</summary>
    private const int LongestEscape = 8;

    private const int FewestDigits = 3;

    private static ReadOnlySpan<byte> Replacement => "\uFFFD"u8;

    /// <summary>What the bytes become is appended to <paramref name="to"/>.</summary>
    public static void Scrub(ReadOnlySpan<byte> raw, IBufferWriter<byte> to)
    {
        while (!raw.IsEmpty)
        {
            var plain = LengthOfGood(raw);
            to.Write(raw[..plain]);
            raw = raw[plain..];
            if (!raw.IsEmpty)
            {
                raw = raw[ReplaceOne(raw, to)..];
            }
        }
    }

    /// <summary>How many bytes at the beginning stay as they are.</summary>
    private static int LengthOfGood(ReadOnlySpan<byte> raw)
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
            if (Rune.DecodeFromUtf8(raw[good..], out var rune, out var length) != OperationStatus.Done || IsEscaped(rune.Value))
            {
                return good;
            }

            good += length;
        }

        return good;
    }

    /// <summary>
    /// Writes what stands for the code point or the bad bytes at the beginning, and says how many bytes that was. Of bytes that
    /// are not UTF-8 each is replaced by itself, but for the beginning of a sequence that then breaks off, which is replaced
    /// as one (the Unicode standard, "U+FFFD Substitution of Maximal Subparts").
    /// </summary>
    private static int ReplaceOne(ReadOnlySpan<byte> raw, IBufferWriter<byte> to)
    {
        if (Rune.DecodeFromUtf8(raw, out var rune, out var length) != OperationStatus.Done)
        {
            to.Write(Replacement);
            return length;
        }

        WriteEscape(rune.Value, to);
        return length;
    }

    private static void WriteEscape(int codePoint, IBufferWriter<byte> to)
    {
        Span<byte> text = stackalloc byte[LongestEscape];
        var at = LongestEscape;
        for (var rest = codePoint; rest > 0 || LongestEscape - at < FewestDigits; rest >>= 3)
        {
            text[--at] = (byte)('0' + (rest & 7));
        }

        text[--at] = (byte)'#';
        to.Write(text[at..]);
    }

    private static bool IsEscaped(int codePoint) => IsControl(codePoint) || IsNoncharacter(codePoint);

    private static bool IsControl(int codePoint) => codePoint is < 0x20 or (>= 0x7f and <= 0x9f);

    /// <summary>The Unicode standard, section 23.7.</summary>
    private static bool IsNoncharacter(int codePoint) => codePoint is >= 0xfdd0 and <= 0xfdef || (codePoint & 0xfffe) == 0xfffe;
}
