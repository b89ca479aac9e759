using System.Globalization;
using System.Text;
using VmTools.Guest.Syslog.Parsing;
using VmTools.Guest.Syslog.Spooling;
using VmTools.Linux;

namespace VmTools.Guest.Syslog.Input;

/// <summary>
/// /dev/kmsg: a record a read. The parts of a line come together, what the host has already got is passed over, and what the
/// kernel overwrote before it was read is seen by its numbers and told.
/// </summary>
internal sealed class KernelSource : ILogSource
{
    private const int ReadsPerTurn = 64;

    private readonly Spool _spool;
    private readonly KernelClock _clock;
    private readonly byte[] _record = new byte[KernelRecordParser.MaxRecord];
    private readonly byte[] _text = new byte[KernelRecordParser.MaxRecord];
    private readonly byte[] _line = new byte[KernelRecordParser.MaxRecord];
    private ulong _next;
    private int _lineLength;
    private (SyslogSeverity Severity, DateTimeOffset Time, ulong Sequence) _lineHead;

    /// <param name="kmsg">Non-blocking, at its oldest record.</param>
    /// <param name="spool">Where records go.</param>
    /// <param name="clock">For their times.</param>
    /// <param name="next">The sequence of the first record the host has not got.</param>
    public KernelSource(FdHandle kmsg, Spool spool, KernelClock clock, ulong next) =>
        (Handle, _spool, _clock, _next) = (kmsg, spool, clock, next);

    public FdHandle Handle { get; }

    public bool ReadSome()
    {
        for (var reads = 0; reads < ReadsPerTurn; reads++)
        {
            var outcome = Fd.TryRead(Handle, _record, out var length);
            if (outcome == Errno.EAGAIN || (outcome == Errno.None && length == 0))
            {
                EndLine();
                return false;
            }

            // EPIPE: the record was overwritten; the next read gives the oldest there is. EINVAL: it is longer than any may be.
            if (outcome is not (Errno.None or Errno.EPIPE or Errno.EINVAL))
            {
                throw new LinuxException(outcome, "read", "/dev/kmsg");
            }

            if (KernelRecordParser.TryParse(_record.AsSpan(0, length), _text, out var record) && record.Sequence >= _next)
            {
                Take(record);
            }
        }

        return true;
    }

    private void Take(in KernelRecord record)
    {
        var isWhole = record.Sequence == _next;
        if (!isWhole)
        {
            EndLine();
            AddGap(record.Sequence - _next, record.Sequence - 1);
        }

        _next = record.Sequence + 1;
        if (isWhole && record.IsContinuation && _lineLength > 0)
        {
            Append(record);
            return;
        }

        EndLine();
        _lineHead = (record.Severity, _clock.TimeOf(record.SinceBoot), record.Sequence);
        Append(record);
    }

    /// <summary>A line that gets too long is cut, as a datagram is.</summary>
    private void Append(in KernelRecord record)
    {
        var content = record.Content[..Math.Min(record.Content.Length, _line.Length - _lineLength)];
        content.CopyTo(_line.AsSpan(_lineLength));
        _lineLength += content.Length;
        _lineHead.Sequence = record.Sequence;
    }

    private void EndLine()
    {
        if (_lineLength > 0)
        {
            var message = new SyslogMessage(_lineHead.Severity, _lineHead.Time, _line.AsSpan(0, _lineLength));
            _spool.Add(LogKind.Kernel, message, _lineHead.Sequence);
            _lineLength = 0;
        }
    }

    private void AddGap(ulong lost, ulong lastOfThem)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"vm_syslog: {lost} kernel records lost");
        _spool.Add(LogKind.Kernel, new SyslogMessage(SyslogSeverity.Warning, _clock.Now, Encoding.ASCII.GetBytes(text)), lastOfThem);
    }
}
