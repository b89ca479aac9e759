using VmTools.Guest.Syslog.Parsing;
using VmTools.Guest.Syslog.Spooling;
using VmTools.Linux;

namespace VmTools.Guest.Syslog.Input;

/// <summary>/dev/log: a message a datagram, from any program.</summary>
internal sealed class DatagramSource(FdHandle socket, Spool spool, TimeProvider clock) : ILogSource
{
    /// <summary>A flood of programs must not keep the kernel's records from being read before the kernel overwrites them.</summary>
    private const int ReadsPerTurn = 256;

    private readonly SyslogParser _parser = new(clock);
    private readonly byte[] _datagram = new byte[SyslogParser.MaxDatagram];

    public FdHandle Handle => socket;

    /// <summary>An empty datagram is passed over, and so is one in which nothing is left; neither says anything.</summary>
    public bool ReadSome()
    {
        for (var reads = 0; reads < ReadsPerTurn; reads++)
        {
            var outcome = Fd.TryRead(socket, _datagram, out var length);
            if (outcome == Errno.EAGAIN)
            {
                return false;
            }

            if (outcome != Errno.None)
            {
                throw new LinuxException(outcome, "read", "/dev/log");
            }

            if (_parser.TryParse(_datagram.AsSpan(0, length), out var message))
            {
                spool.Add(LogKind.User, message, tag: 0);
            }
        }

        return true;
    }
}
