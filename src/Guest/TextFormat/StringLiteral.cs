using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace VmTools.Guest.TextFormat;

/// <summary>
/// The inside of a quoted string: C escapes, octal and hexadecimal bytes, \u and \U code points. Octal and hexadecimal
/// escapes make bytes, so only the whole is checked to be UTF-8.
/// </summary>
internal static class StringLiteral
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads up to and past the closing quote; <paramref name="at"/> stands behind the opening one.</summary>
    public static bool TryRead(string text, ref int at, char quote, out string value, [NotNullWhen(false)] out string? problem)
    {
        var bytes = new List<byte>();
        value = "";
        while (true)
        {
            if (at >= text.Length || text[at] == '\n')
            {
                problem = "a string that is not closed on its line";
                return false;
            }

            if (text[at] == quote)
            {
                at++;
                return TryDecode(bytes, out value, out problem);
            }

            if (text[at] != '\\')
            {
                AppendCharacter(bytes, text, ref at);
            }
            else if (!TryEscape(bytes, text, ref at))
            {
                problem = "an escape sequence that does not exist";
                return false;
            }
        }
    }

    private static bool TryDecode(List<byte> bytes, out string value, [NotNullWhen(false)] out string? problem)
    {
        try
        {
            value = StrictUtf8.GetString(bytes.ToArray());
            problem = null;
            return true;
        }
        catch (DecoderFallbackException)
        {
            value = "";
            problem = "a string that is not UTF-8";
            return false;
        }
    }

    private static void AppendCharacter(List<byte> bytes, string text, ref int at)
    {
        var length = char.IsSurrogatePair(text, at) ? 2 : 1;
        bytes.AddRange(Encoding.UTF8.GetBytes(text, at, length));
        at += length;
    }

    private static bool TryEscape(List<byte> bytes, string text, ref int at)
    {
        if (++at >= text.Length)
        {
            return false;
        }

        var simple = "abfnrtv\\'\"?".IndexOf(text[at], StringComparison.Ordinal);
        if (simple >= 0)
        {
            bytes.Add((byte)"\a\b\f\n\r\t\v\\'\"?"[simple]);
            at++;
            return true;
        }

        return text[at] switch
        {
            >= '0' and <= '7' => TryOctal(bytes, text, ref at),
            'x' or 'X' => TryHexadecimal(bytes, text, ref at),
            'u' => TryCodePoint(bytes, text, ref at, digits: 4),
            'U' => TryCodePoint(bytes, text, ref at, digits: 8),
            _ => false,
        };
    }

    private static bool TryOctal(List<byte> bytes, string text, ref int at)
    {
        var value = 0;
        for (var digits = 0; digits < 3 && at < text.Length && text[at] is >= '0' and <= '7'; digits++)
        {
            value = (value * 8) + (text[at++] - '0');
        }

        if (value > byte.MaxValue)
        {
            return false;
        }

        bytes.Add((byte)value);
        return true;
    }

    private static bool TryHexadecimal(List<byte> bytes, string text, ref int at)
    {
        var start = ++at;
        while (at < text.Length && at - start < 2 && char.IsAsciiHexDigit(text[at]))
        {
            at++;
        }

        if (at == start)
        {
            return false;
        }

        bytes.Add(byte.Parse(text.AsSpan(start, at - start), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return true;
    }

    private static bool TryCodePoint(List<byte> bytes, string text, ref int at, int digits)
    {
        var start = at + 1;
        if (start + digits > text.Length
            || !uint.TryParse(text.AsSpan(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
            || !Rune.TryCreate(code, out var rune))
        {
            return false;
        }

        bytes.AddRange(Encoding.UTF8.GetBytes(rune.ToString()));
        at = start + digits;
        return true;
    }
}
