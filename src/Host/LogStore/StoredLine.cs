using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace VmTools.Host.LogStore;

/// <summary>
/// One record as a line of a log file: <c>2026-11-24T00:13:10.123456Z &lt;14&gt;  VM(33): content</c>. It is the line of the original's
/// files (RFC 3164 with the VM's tag), but for the time, which has a year, a fraction and a zone (RFC 3339), so that sources can
/// be merged. The content is scrubbed before it comes here: no control character, valid UTF-8.
/// </summary>
internal readonly record struct StoredLine(DateTimeOffset Time, LogPriority Priority, uint Cid, ReadOnlyMemory<byte> Content)
{
    /// <summary>The length of <c>2026-11-24T00:13:10.123456Z</c>.</summary>
    private const int TimeLength = 27;

    private const string TimeFormat = "yyyy-MM-ddTHH:mm:ss.ffffffZ";

    /// <summary>The longest text before a line's content, in bytes.</summary>
    private const int MaxPrefix = 64;

    /// <summary>A line of a guest's.</summary>
    public StoredLine(DateTimeOffset time, int severity, uint cid, ReadOnlyMemory<byte> content)
        : this(time, new LogPriority(LogFacility.User, severity), cid, content)
    {
    }

    public int Severity => Priority.Severity;

    /// <summary>Whether the host itself says it, and not the guest.</summary>
    public bool IsHosts => Priority.Facility == LogFacility.Syslog;

    /// <summary>Appends the line with its line feed.</summary>
    public void WriteTo(IBufferWriter<byte> output)
    {
        WritePrefix(Time, Priority, Cid, output);
        output.Write(Content.Span);
        output.Write("\n"u8);
    }

    /// <summary>Appends what stands before the content, for a caller that writes the content itself.</summary>
    public static void WritePrefix(DateTimeOffset time, LogPriority priority, uint cid, IBufferWriter<byte> output)
    {
        var prefix = output.GetSpan(MaxPrefix);
        // The round-trip format has one more digit; it is the one that the runtime writes without interpreting a pattern.
        time.UtcDateTime.TryFormat(prefix, out _, "O", CultureInfo.InvariantCulture);
        Utf8.TryWrite(prefix[(TimeLength - 1)..], CultureInfo.InvariantCulture, $"Z <{priority.Value}>  VM({cid}): ", out var more);
        output.Advance(TimeLength - 1 + more);
    }

    /// <summary>
    /// Reads a line without its line feed; false when it is not of this form, as the first half of a line that was cut is.
    /// </summary>
    public static bool TryParse(ReadOnlyMemory<byte> line, out StoredLine stored)
    {
        stored = default;
        var bytes = line.Span;
        if (!TryTime(bytes, out var time) || !TryNumber(ref bytes, TimeLength, " <"u8, out var priority)
            || !TryNumber(ref bytes, 0, ">  VM("u8, out var cid) || !bytes.StartsWith("): "u8))
        {
            return false;
        }

        stored = new StoredLine(time, LogPriority.Parse(priority), cid, line[(line.Length - bytes.Length + 3)..]);
        return true;
    }

    private static bool TryTime(ReadOnlySpan<byte> bytes, out DateTimeOffset time)
    {
        time = default;
        Span<char> text = stackalloc char[TimeLength];
        return bytes.Length > TimeLength
            && Encoding.ASCII.TryGetChars(bytes[..TimeLength], text, out _)
            && DateTimeOffset.TryParseExact(
                text, TimeFormat, CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }

    /// <summary>Takes what stands before the number, and the number.</summary>
    private static bool TryNumber(ref ReadOnlySpan<byte> bytes, int skip, ReadOnlySpan<byte> before, out uint number)
    {
        number = 0;
        bytes = bytes[skip..];
        if (!bytes.StartsWith(before) || !Utf8Parser.TryParse(bytes[before.Length..], out number, out var digits))
        {
            return false;
        }

        bytes = bytes[(before.Length + digits)..];
        return true;
    }
}
