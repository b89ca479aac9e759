using System.Buffers.Text;

namespace VmTools.Guest.Syslog.Parsing;

/// <summary>
/// What one read of /dev/kmsg gives (Linux: Documentation/ABI/testing/dev-kmsg): <c>PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT</c>, then
/// lines about devices, each behind a blank, which are left away. Fields may be added before the semicolon. Bytes of the text
/// that are not printable, and backslashes, stand as \x and two digits.
/// </summary>
internal static class KernelRecordParser
{
    /// <summary>The longest record the kernel gives (PRINTK_MESSAGE_MAX).</summary>
    public const int MaxRecord = 8192;

    /// <summary>Thousands of years; beyond, a number is no time.</summary>
    private const ulong MaxMicroseconds = (ulong)long.MaxValue / 100;

    /// <summary>The content is written to <paramref name="text"/>, which is as long as the record: it is never longer.</summary>
    public static bool TryParse(ReadOnlySpan<byte> record, Span<byte> text, out KernelRecord parsed)
    {
        parsed = default;
        var line = record.IndexOf((byte)'\n') is >= 0 and var end ? record[..end] : record;
        var semicolon = line.IndexOf((byte)';');
        if (semicolon < 0 || text.Length < line.Length)
        {
            return false;
        }

        var head = line[..semicolon];
        if (!TryNumber(ref head, out var priority) || !TryNumber(ref head, out var sequence) || !TryNumber(ref head, out var microseconds))
        {
            return false;
        }

        var content = text[..Unescape(line[(semicolon + 1)..], text)];
        parsed = new KernelRecord
        {
            Severity = SyslogPriority.OfLevel((int)(priority & 7)),
            Sequence = sequence,
            SinceBoot = TimeSpan.FromMicroseconds((long)Math.Min(microseconds, MaxMicroseconds)),
            IsContinuation = !head.IsEmpty && head[0] is (byte)'c' or (byte)'+',
            Content = content,
        };
        return true;
    }

    /// <summary>A number and the comma behind it, where there is one.</summary>
    private static bool TryNumber(ref ReadOnlySpan<byte> head, out ulong number)
    {
        if (head.IsEmpty || head[0] is < (byte)'0' or > (byte)'9' || !Utf8Parser.TryParse(head, out number, out var used))
        {
            number = 0;
            return false;
        }

        head = head[used..];
        if (head.IsEmpty)
        {
            return true;
        }

        var isSeparated = head[0] == ',';
        head = head[1..];
        return isSeparated;
    }

    private static int Unescape(ReadOnlySpan<byte> line, Span<byte> text)
    {
        var length = 0;
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] == '\\' && i + 3 < line.Length && line[i + 1] == 'x'
                && Utf8Parser.TryParse(line.Slice(i + 2, 2), out byte value, out var used, 'x') && used == 2)
            {
                text[length++] = value;
                i += 3;
            }
            else
            {
                text[length++] = line[i];
            }
        }

        return length;
    }
}
