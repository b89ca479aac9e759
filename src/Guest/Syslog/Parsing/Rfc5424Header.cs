namespace VmTools.Guest.Syslog.Parsing;

/// <summary>
/// The header of RFC 5424, section 6: <c>1 TIME HOST APP PROCID MSGID DATA MSG</c>, each of the first seven a word or a dash. Of
/// it the time is taken out and the host name, which is the VM's own, left away; the rest becomes <c>APP[PROCID]: MSGID DATA MSG</c>.
/// </summary>
internal static class Rfc5424Header
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>
    /// Writes the new line to <paramref name="composed"/>, which is as long as the text: the line is never longer. A dash for
    /// the time is null. False where this is not such a header, or not a whole one.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> text, Span<byte> composed, out DateTimeOffset? time, out int length)
    {
        (time, length) = (null, 0);
        if (text.Length > composed.Length || !text.StartsWith("1 "u8))
        {
            return false;
        }

        text = text[2..];
        if (!TryWord(ref text, out var stamp) || !TryTime(stamp, ref time) || !TryWord(ref text, out _)
            || !TryWord(ref text, out var program) || !TryWord(ref text, out var process) || !TryWord(ref text, out var message)
            || !TryStructuredData(ref text, out var data))
        {
            return false;
        }

        var line = new LineWriter(composed);
        line.AddTag(program, process);
        line.AddWord(message);
        line.AddWord(data);
        line.Add(text.StartsWith(ByteOrderMark) ? text[ByteOrderMark.Length..] : text);
        length = line.Length;
        return true;
    }

    /// <summary>Printable ASCII up to a blank, which is passed over.</summary>
    private static bool TryWord(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> word)
    {
        var end = text.IndexOf((byte)' ');
        word = end > 0 ? text[..end] : default;
        if (end <= 0 || word.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            return false;
        }

        text = text[(end + 1)..];
        return true;
    }

    /// <summary>RFC 3339 with at most six digits of a second's fraction, and "T" and "Z" in upper case.</summary>
    private static bool TryTime(ReadOnlySpan<byte> word, ref DateTimeOffset? time)
    {
        if (word.SequenceEqual("-"u8))
        {
            return true;
        }

        const int wholeSeconds = 19;
        if (word.Length <= wholeSeconds || word[4] != '-' || word[7] != '-' || word[10] != 'T' || word[13] != ':' || word[16] != ':'
            || !TryDigits(word[..4], out var year) || !TryDigits(word[5..7], out var month) || !TryDigits(word[8..10], out var day)
            || !TryDigits(word[11..13], out var hour) || !TryDigits(word[14..16], out var minute)
            || !TryDigits(word[17..19], out var second)
            || year is < 2 or > 9998 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var whole = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Unspecified);
        return TryFractionAndZone(word[wholeSeconds..], whole, ref time);
    }

    private static bool TryFractionAndZone(ReadOnlySpan<byte> rest, DateTime second, ref DateTimeOffset? time)
    {
        var ticks = 0;
        if (rest[0] == '.')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits is < 1 or > 6 || !TryDigits(rest[1..(1 + digits)], out ticks))
            {
                return false;
            }

            for (var i = digits; i < 7; i++)
            {
                ticks *= 10;
            }

            rest = rest[(1 + digits)..];
        }

        if (!TryZone(rest, out var offset))
        {
            return false;
        }

        time = new DateTimeOffset(second.AddTicks(ticks), offset);
        return true;
    }

    private static bool TryZone(ReadOnlySpan<byte> zone, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (zone.SequenceEqual("Z"u8))
        {
            return true;
        }

        if (zone.Length != 6 || zone[0] is not ((byte)'+' or (byte)'-') || zone[3] != ':'
            || !TryDigits(zone[1..3], out var hours) || !TryDigits(zone[4..6], out var minutes) || hours > 13 || minutes > 59)
        {
            return false;
        }

        offset = new TimeSpan(hours, minutes, 0) * (zone[0] == '-' ? -1 : 1);
        return true;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int number)
    {
        number = 0;
        foreach (var digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            number = (number * 10) + (digit - '0');
        }

        return true;
    }

    /// <summary>
    /// Reads a dash, or elements in brackets in which a quoted value may hold a bracket (section 6.3); then a blank or the end.
    /// </summary>
    private static bool TryStructuredData(ref ReadOnlySpan<byte> text, out ReadOnlySpan<byte> data)
    {
        var end = text.StartsWith("-"u8) ? 1 : EndOfElements(text);
        data = end > 0 ? text[..end] : default;
        if (end <= 0 || (end < text.Length && text[end] != ' '))
        {
            return false;
        }

        text = text[Math.Min(end + 1, text.Length)..];
        return true;
    }

    private static int EndOfElements(ReadOnlySpan<byte> text)
    {
        var end = 0;
        while (end < text.Length && text[end] == '[')
        {
            var isQuoted = false;
            for (end++; end < text.Length && (isQuoted || text[end] != ']'); end++)
            {
                if (isQuoted && text[end] == '\\')
                {
                    end++;
                }
                else if (text[end] == '"')
                {
                    isQuoted = !isQuoted;
                }
            }

            if (end >= text.Length)
            {
                return 0;
            }

            end++;
        }

        return end;
    }

    /// <summary>Puts the line together; a dash stands for nothing.</summary>
    private ref struct LineWriter(Span<byte> line)
    {
        private readonly Span<byte> _line = line;

        public int Length { get; private set; }

        public void Add(scoped ReadOnlySpan<byte> text)
        {
            text.CopyTo(_line[Length..]);
            Length += text.Length;
        }

        public void AddTag(scoped ReadOnlySpan<byte> program, scoped ReadOnlySpan<byte> process)
        {
            if (IsNothing(program))
            {
                return;
            }

            Add(program);
            if (!IsNothing(process))
            {
                Add("["u8);
                Add(process);
                Add("]"u8);
            }

            Add(": "u8);
        }

        public void AddWord(scoped ReadOnlySpan<byte> word)
        {
            if (!IsNothing(word))
            {
                Add(word);
                Add(" "u8);
            }
        }

        private static bool IsNothing(ReadOnlySpan<byte> word) => word.SequenceEqual("-"u8);
    }
}
