namespace VmTools.Guest.Syslog.Parsing;

/// <summary>
/// A datagram of /dev/log as a message. Programs write RFC 3164 without a host name (syslog(3)), RFC 5424, or just text; every
/// datagram that has anything in it is a message. One thread at a time.
/// </summary>
internal sealed class SyslogParser(TimeProvider clock)
{
    /// <summary>Longer datagrams are cut. RFC 5424, section 6.1, wants 480 bytes and recommends 2048.</summary>
    public const int MaxDatagram = 8192;

    private readonly byte[] _composed = new byte[MaxDatagram];

    /// <summary>The content lives until the next call. False where nothing is left for it.</summary>
    public bool TryParse(ReadOnlySpan<byte> datagram, out SyslogMessage message)
    {
        var rest = datagram;
        if (!SyslogPriority.TryRead(ref rest, out var severity))
        {
            message = new SyslogMessage(SyslogSeverity.Notice, clock.GetUtcNow(), datagram);
            return !datagram.IsEmpty;
        }

        if (Rfc5424Header.TryRead(rest, _composed, out var stamp, out var length))
        {
            message = new SyslogMessage(severity, stamp ?? clock.GetUtcNow(), _composed.AsSpan(0, length));
            return length > 0;
        }

        if (!Rfc3164Time.TryRead(ref rest, clock.GetLocalNow(), out var time))
        {
            time = clock.GetUtcNow();
        }

        message = new SyslogMessage(severity, time, rest);
        return !rest.IsEmpty;
    }
}
