using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace VmTools.Host.LogStore;

/// <summary>
/// The line of the original's files, <c>Nov  4 00:13:10 &lt;14&gt;  VM(33): content</c>, with local time and no year. The year is the one
/// that puts it before the file was last written.
/// </summary>
internal static class OriginalLine
{
    private const int TimeLength = 15;

    /// <summary>The length of the fixed part of a line of ours, which reads the rest.</summary>
    private static readonly byte[] AnyTime = "2000-01-01T00:00:00.000000Z"u8.ToArray();

    public static bool TryParse(ReadOnlyMemory<byte> line, DateTimeOffset lastWritten, TimeZoneInfo zone, out StoredLine stored)
    {
        stored = default;
        if (line.Length <= TimeLength || !TryTime(line.Span[..TimeLength], lastWritten, zone, out var time))
        {
            return false;
        }

        byte[] withTime = [.. AnyTime, .. line.Span[TimeLength..]];
        if (!StoredLine.TryParse(withTime, out stored))
        {
            return false;
        }

        stored = stored with { Time = time };
        return true;
    }

    private static bool TryTime(ReadOnlySpan<byte> bytes, DateTimeOffset lastWritten, TimeZoneInfo zone, out DateTimeOffset time)
    {
        time = default;
        if (!Utf8Parser.TryParse(bytes[4..6].TrimStart((byte)' '), out int day, out _) || bytes[3] != ' ')
        {
            return false;
        }

        var last = TimeZoneInfo.ConvertTime(lastWritten, zone);
        Span<char> rest = stackalloc char[9];
        Encoding.ASCII.GetChars(bytes[6..], rest);
        var month = Encoding.ASCII.GetString(bytes[..3]);
        for (var year = last.Year; year >= last.Year - 1; year--)
        {
            if (!DateTime.TryParseExact(
                string.Create(CultureInfo.InvariantCulture, $"{year} {month} {day:D2}{rest}"),
                "yyyy MMM dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
            {
                continue;
            }

            time = new DateTimeOffset(local, zone.GetUtcOffset(local));
            if (time <= lastWritten.AddDays(1))
            {
                return true;
            }
        }

        return false;
    }
}
