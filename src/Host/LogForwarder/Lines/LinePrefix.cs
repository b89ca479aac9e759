using System.Buffers;
using System.Globalization;
using System.Text.Unicode;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogStore;

namespace VmTools.Host.LogForwarder.Lines;

/// <summary>What stands before a record's text: in a file of our form or of the original's, and in a datagram of syslog.</summary>
internal static class LinePrefix
{
    private const int Longest = 64;

    private static ReadOnlySpan<byte> Months => "JanFebMarAprMayJunJulAugSepOctNovDec"u8;

    public static void WriteForFile(FileTime form, DateTimeOffset time, LogPriority priority, uint cid, IBufferWriter<byte> to)
    {
        if (form == FileTime.Rfc3339)
        {
            StoredLine.WritePrefix(time, priority, cid, to);
            return;
        }

        WriteTime(time, to);
        Utf8.TryWrite(to.GetSpan(Longest), CultureInfo.InvariantCulture, $" <{priority.Value}>  VM({cid}): ", out var length);
        to.Advance(length);
    }

    public static void WriteForSyslog(DateTimeOffset time, LogPriority priority, uint cid, IBufferWriter<byte> to)
    {
        Utf8.TryWrite(to.GetSpan(Longest), CultureInfo.InvariantCulture, $"<{priority.Value}>", out var length);
        to.Advance(length);
        WriteTime(time, to);
        Utf8.TryWrite(to.GetSpan(Longest), CultureInfo.InvariantCulture, $" VM({cid}): ", out length);
        to.Advance(length);
    }

    /// <summary>Local time as <c>Jan  1 00:00:00</c>.</summary>
    private static void WriteTime(DateTimeOffset time, IBufferWriter<byte> to)
    {
        var local = TimeZoneInfo.ConvertTime(time, TimeZoneInfo.Local);
        to.Write(Months.Slice((local.Month - 1) * 3, 3));
        Utf8.TryWrite(
            to.GetSpan(Longest), CultureInfo.InvariantCulture, $" {local.Day,2} {local.Hour:00}:{local.Minute:00}:{local.Second:00}",
                out var length);
        to.Advance(length);
    }
}
