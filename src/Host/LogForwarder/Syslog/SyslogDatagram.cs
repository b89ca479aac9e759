using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using VmTools.Host.LogForwarder.Lines;
using VmTools.Host.LogStore;

namespace VmTools.Host.LogForwarder.Syslog;

/// <summary>
/// A record as the host's syslog takes it (RFC 3164 without a host name, as syslog(3) sends it, with the VM as the tag):
/// <c>&lt;14&gt;Nov 24 00:13:10 VM(33): content</c>. In memory each stands behind its length, four bytes little-endian.
/// </summary>
internal static class SyslogDatagram
{
    public const int HeaderBytes = sizeof(int);

    /// <summary>
    /// journald takes lines of 48 KiB and rsyslog shorter ones; what a guest's program logged has 8 KiB before it is scrubbed.
    /// </summary>
    public const int MaxBytes = 32 * 1024;

    /// <summary>Appends one whose content is scrubbed already; it is cut between two characters where it is too long.</summary>
    public static void Write(DateTimeOffset time, LogPriority priority, uint cid, ReadOnlySpan<byte> content, LineBuffer to)
    {
        var start = to.Length;
        to.GetSpan(HeaderBytes);
        to.Advance(HeaderBytes);
        LinePrefix.WriteForSyslog(time, priority, cid, to);
        to.Write(Cut(content, MaxBytes - (to.Length - start - HeaderBytes)));
        BinaryPrimitives.WriteInt32LittleEndian(to.Change(start, HeaderBytes), to.Length - start - HeaderBytes);
    }

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> content, int most)
    {
        if (content.Length <= most)
        {
            return content;
        }

        while (Rune.DecodeLastFromUtf8(content[..most], out _, out _) != OperationStatus.Done)
        {
            most--;
        }

        return content[..most];
    }
}
