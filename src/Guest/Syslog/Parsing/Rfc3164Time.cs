namespace VmTools.Guest.Syslog.Parsing;

/// <summary>
/// The time of RFC 3164, as strptime(3) reads "%b %e %T" in the C locale: month in any case, short or whole, blanks at will
/// before each number. The year and the offset from UTC are those of now.
/// </summary>
internal static class Rfc3164Time
{
    private const int ShortName = 3;

    private static readonly string[] Months =
    [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    ];

    /// <summary>Moves <paramref name="text"/> past the time; leaves it where there is none.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> text, DateTimeOffset localNow, out DateTimeOffset time)
    {
        time = default;
        var rest = text;
        if (localNow.Year is < 2 or > 9998
            || !TryMonth(ref rest, out var month)
            || !TryNumber(ref rest, 1, 31, out var day)
            || !TryNumber(ref rest, 0, 23, out var hour)
            || !TryColon(ref rest)
            || !TryNumber(ref rest, 0, 59, out var minute)
            || !TryColon(ref rest)
            || !TryNumber(ref rest, 0, 61, out var second))
        {
            return false;
        }

        // As mktime(3) has it, 30 February is a day in March and second 60 one of the next minute.
        var local = new DateTime(localNow.Year, month, 1, hour, minute, 0, DateTimeKind.Unspecified).AddDays(day - 1).AddSeconds(second);
        time = new DateTimeOffset(local, localNow.Offset);
        text = rest;
        return true;
    }

    private static bool TryMonth(ref ReadOnlySpan<byte> text, out int month)
    {
        for (month = 1; month <= Months.Length; month++)
        {
            var name = Months[month - 1];
            if (StartsWith(text, name) || StartsWith(text, name.AsSpan(0, ShortName)))
            {
                text = text[(StartsWith(text, name) ? name.Length : ShortName)..];
                return true;
            }
        }

        return false;
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<char> lowerCase)
    {
        if (text.Length < lowerCase.Length)
        {
            return false;
        }

        for (var i = 0; i < lowerCase.Length; i++)
        {
            if ((text[i] | 0x20) != lowerCase[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Reads at most two digits, and the second only where the number can still be within the range.</summary>
    private static bool TryNumber(ref ReadOnlySpan<byte> text, int least, int most, out int number)
    {
        text = text.TrimStart(" \t\n\v\f\r"u8);
        var length = 0;
        for (number = 0; length < 2 && length < text.Length && text[length] is >= (byte)'0' and <= (byte)'9'; length++)
        {
            if (length > 0 && number * 10 > most)
            {
                break;
            }

            number = (number * 10) + (text[length] - '0');
        }

        text = text[length..];
        return length > 0 && number >= least && number <= most;
    }

    private static bool TryColon(ref ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] != ':')
        {
            return false;
        }

        text = text[1..];
        return true;
    }
}
