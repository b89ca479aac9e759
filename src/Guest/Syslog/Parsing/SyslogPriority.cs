namespace VmTools.Guest.Syslog.Parsing;

/// <summary>
/// The priority before a message: a number in angle brackets, facility times eight plus severity (RFC 3164, section 4.1.1). As
/// in the original it may have blanks and a sign before it and any value, but five characters at most.
/// </summary>
internal static class SyslogPriority
{
    private const int MaxLength = 5;

    /// <summary>Moves <paramref name="text"/> past the priority; leaves it where there is none.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> text, out SyslogSeverity severity)
    {
        severity = default;
        if (text.IsEmpty || text[0] != '<')
        {
            return false;
        }

        var end = text[..Math.Min(text.Length, MaxLength)].IndexOf((byte)'>');
        if (end < 0 || !TryNumber(text[1..end], out var number))
        {
            return false;
        }

        severity = OfLevel(number);
        text = text[(end + 1)..];
        return true;
    }

    /// <summary>The lowest three bits of a priority are the severity, for the kernel and for syslog.</summary>
    public static SyslogSeverity OfLevel(int priority) => (SyslogSeverity)(priority & 7);

    /// <summary>What scanf's %u takes: blanks, one sign, digits. Negative numbers are their two's complement.</summary>
    private static bool TryNumber(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        text = text.TrimStart(" \t\n\v\f\r"u8);
        var isNegative = !text.IsEmpty && text[0] == '-';
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+')
        {
            text = text[1..];
        }

        if (text.IsEmpty || text.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        foreach (var digit in text)
        {
            number = (number * 10) + (digit - '0');
        }

        number = isNegative ? -number : number;
        return true;
    }
}
