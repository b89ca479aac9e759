using VmTools.Linux.Libc;

namespace VmTools.Linux.ProcessControl;

/// <summary>What this process does with signals (signal(7)). Children of ours always begin with the defaults.</summary>
public static class SignalDispositions
{
    /// <summary>
    /// Signals whose default ends a process and which a daemon has no use for. A terminal that closes (HUP), a peer that is gone (PIPE)
    /// or a file at its size limit (XFSZ) must not end it; where a call failed at the same time, the call's own error says so.
    /// </summary>
    private static readonly Signal[] NotForDaemons =
    [
        Signal.Hup, Signal.Usr1, Signal.Usr2, Signal.Pipe, Signal.Alrm, Signal.StkFlt, Signal.Xfsz, Signal.VtAlrm, Signal.Prof, Signal.Io,
            Signal.Pwr,
    ];

    /// <summary>
    /// The process never hears of it again. To be called before the runtime looks at signals: one that is ignored by then it
    /// leaves alone, for others it installs a handler that ends the process.
    /// </summary>
    public static void Ignore(Signal signal)
    {
        if (Native.SetSignalHandler((int)signal, Native.SignalIgnore) == -1)
        {
            throw new LinuxException(Syscall.LastError, $"ignore signal {(int)signal}");
        }
    }

    /// <summary>
    /// For a daemon, as the first thing it does: of the signals that users and terminals send, only TERM, INT, QUIT and KILL end it.
    /// The daemon handles TERM and INT itself.
    /// </summary>
    public static void IgnoreAllButEnd()
    {
        foreach (var signal in NotForDaemons)
        {
            Ignore(signal);
        }
    }
}
