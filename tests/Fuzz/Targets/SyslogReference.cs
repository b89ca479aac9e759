using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using VmTools.Guest.Syslog.Parsing;

namespace VmTools.Fuzz.Targets;

/// <summary>
/// The rules for a datagram of /dev/log said a second time, as regular expressions over Latin-1 text and the runtime's own
/// reading of dates. Slow, and therefore nothing for vm_syslog itself.
/// </summary>
internal static partial class SyslogReference
{
    private static readonly string[] TimeForms = ["yyyy-MM-dd'T'HH:mm:ssK", .. Enumerable.Range(1, 6)
        .Select(digits => $"yyyy-MM-dd'T'HH:mm:ss.{new string('f', digits)}K")];

    public static (SyslogSeverity Severity, DateTimeOffset Time, byte[] Content) Read(ReadOnlySpan<byte> datagram, DateTimeOffset now)
    {
        var text = Encoding.Latin1.GetString(datagram);
        if (Priority().Match(text) is not { Success: true, Length: <= 5 } priority)
        {
            return (SyslogSeverity.Notice, now, datagram.ToArray());
        }

        var level = int.Parse(priority.Groups["number"].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var severity = (SyslogSeverity)(((level % 8) + 8) % 8);
        var rest = text[priority.Length..];
        if (ReadNewer(rest, now) is { } newer)
        {
            return (severity, newer.Time, Encoding.Latin1.GetBytes(newer.Content));
        }

        var (time, length) = ReadOlder(rest, now);
        return (severity, time, Encoding.Latin1.GetBytes(rest[length..]));
    }

    private static (DateTimeOffset Time, string Content)? ReadNewer(string text, DateTimeOffset now)
    {
        var header = Newer().Match(text);
        if (!header.Success || TimeOf(header.Groups["time"].Value, now) is not { } time)
        {
            return null;
        }

        string Word(string name) => header.Groups[name].Value is "-" ? "" : header.Groups[name].Value;
        var process = Word("process") is { Length: > 0 } id ? $"[{id}]" : "";
        var tag = Word("program") is { Length: > 0 } program ? $"{program}{process}: " : "";
        var words = string.Concat(new[] { Word("message"), Word("data") }.Where(word => word.Length > 0).Select(word => word + " "));
        var said = header.Groups["text"].Value;
        return (time, tag + words + (said.StartsWith("\u00ef\u00bb\u00bf", StringComparison.Ordinal) ? said[3..] : said));
    }

    private static DateTimeOffset? TimeOf(string word, DateTimeOffset now)
    {
        if (word == "-")
        {
            return now;
        }

        return Stamp().IsMatch(word)
            && DateTimeOffset.TryParseExact(word, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            && time.Year is >= 2 and <= 9998 ? time : null;
    }

    /// <summary>A day that its month does not have counts on into the next one, and so does second 60.</summary>
    private static (DateTimeOffset Time, int Length) ReadOlder(string text, DateTimeOffset now)
    {
        var match = Older().Match(text);
        int Number(string name) => int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
        if (!match.Success || Number("day") is < 1 or > 31 || Number("hour") > 23 || Number("minute") > 59 || Number("second") > 61)
        {
            return (now, 0);
        }

        var month = Array.FindIndex(CultureInfo.InvariantCulture.DateTimeFormat.AbbreviatedMonthNames, name =>
            match.Groups["month"].Value.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        var time = new DateTimeOffset(now.Year, month + 1, 1, 0, 0, 0, now.Offset)
            + new TimeSpan(Number("day") - 1, Number("hour"), Number("minute"), Number("second"));
        return (time, match.Length);
    }

    [GeneratedRegex(@"\A<[ \t\n\v\f\r]*(?<number>[+-]?[0-9]+)>")]
    private static partial Regex Priority();

    [GeneratedRegex(@"\A1 (?<time>[!-~]+) [!-~]+ (?<program>[!-~]+) (?<process>[!-~]+) (?<message>[!-~]+) (?<data>-|(?>(?:\[(?>(?:[^\]""]|""(?:[^""\\]|\\.)*"")*)\])+))(?: (?<text>.*)|\z)", RegexOptions.Singleline)]
    private static partial Regex Newer();

    [GeneratedRegex(@"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])\z")]
    private static partial Regex Stamp();

    /// <summary>As strptime(3) takes digits: a second one only where the number can still be within its range.</summary>
    [GeneratedRegex(
        @"\A(?<month>(?>january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec))"
        + @"[ \t\n\v\f\r]*(?<day>(?>[0-3][0-9]?|[4-9]))[ \t\n\v\f\r]*(?<hour>(?>[0-2][0-9]?|[3-9])):"
        + @"[ \t\n\v\f\r]*(?<minute>(?>[0-5][0-9]?|[6-9])):[ \t\n\v\f\r]*(?<second>(?>[0-6][0-9]?|[7-9]))",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Older();
}
