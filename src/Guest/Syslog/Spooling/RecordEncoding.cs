using VmTools.Guest.Syslog.Parsing;

namespace VmTools.Guest.Syslog.Spooling;

/// <summary>
/// A message as a LogRequest with one record, by hand: no allocation per line of a program that logs at full speed. Serialized
/// messages of protobuf are merged by writing one behind the other, so a batch is simply its records.
/// </summary>
internal static class RecordEncoding
{
    /// <summary>What the tags, lengths, severity and time can take besides the content.</summary>
    public const int MaxOverhead = 40;

    // Field numbers and wire types of protos/vm_host.proto: LogRequest.records, LogRecord.{severity, timestamp, content},
    // Timestamp.{seconds, nanos}.
    private const byte RecordsTag = (1 << 3) | 2;
    private const byte SeverityTag = 1 << 3;
    private const byte TimestampTag = (2 << 3) | 2;
    private const byte ContentTag = (5 << 3) | 2;
    private const byte SecondsTag = 1 << 3;
    private const byte NanosTag = 2 << 3;

    /// <summary>LogSeverity of the wire counts from one; its zero says that there is none.</summary>
    private const int FirstSeverity = 1;

    private const int NanosecondsPerTick = 100;

    /// <summary>The length written; <paramref name="to"/> has room for the content and the overhead.</summary>
    public static int Write(in SyslogMessage message, Span<byte> to)
    {
        Span<byte> time = stackalloc byte[22];
        var timeLength = WriteTime(message.Time, time);
        var recordLength = 2 + 2 + timeLength + 1 + LengthOf((ulong)message.Content.Length) + message.Content.Length;
        var at = 0;
        to[at++] = RecordsTag;
        at += WriteNumber((ulong)recordLength, to[at..]);
        to[at++] = SeverityTag;
        to[at++] = (byte)(message.Severity + FirstSeverity);
        to[at++] = TimestampTag;
        to[at++] = (byte)timeLength;
        time[..timeLength].CopyTo(to[at..]);
        at += timeLength;
        to[at++] = ContentTag;
        at += WriteNumber((ulong)message.Content.Length, to[at..]);
        message.Content.CopyTo(to[at..]);
        return at + message.Content.Length;
    }

    private static int WriteTime(DateTimeOffset time, Span<byte> to)
    {
        var ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        var fraction = ((ticks % TimeSpan.TicksPerSecond) + TimeSpan.TicksPerSecond) % TimeSpan.TicksPerSecond;
        var seconds = (ticks - fraction) / TimeSpan.TicksPerSecond;
        to[0] = SecondsTag;
        var at = 1 + WriteNumber((ulong)seconds, to[1..]);
        to[at++] = NanosTag;
        return at + WriteNumber((ulong)(fraction * NanosecondsPerTick), to[at..]);
    }

    private static int LengthOf(ulong number)
    {
        var length = 1;
        for (; number >= 0x80; number >>= 7)
        {
            length++;
        }

        return length;
    }

    private static int WriteNumber(ulong number, Span<byte> to)
    {
        var at = 0;
        for (; number >= 0x80; number >>= 7)
        {
            to[at++] = (byte)(number | 0x80);
        }

        to[at++] = (byte)number;
        return at;
    }
}
