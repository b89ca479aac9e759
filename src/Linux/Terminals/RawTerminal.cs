using VmTools.Linux.Libc;

namespace VmTools.Linux.Terminals;

/// <summary>A terminal that hands over every key as it is typed and echoes none (termios(3)), until disposed.</summary>
public sealed class RawTerminal : IDisposable
{
    private readonly FdHandle _terminal;
    private TerminalSetting _before;
    private bool _restored;

    private RawTerminal(FdHandle terminal) => _terminal = terminal;

    /// <summary>The handle stays the caller's and must live as long as this.</summary>
    public static unsafe RawTerminal Enter(FdHandle terminal)
    {
        var entered = new RawTerminal(terminal);
        TerminalSetting setting;
        Syscall.Check(Native.TerminalGet(terminal, &setting), "tcgetattr");
        entered._before = setting;
        Native.TerminalMakeRaw(&setting);
        Syscall.Check(Native.TerminalSet(terminal, Native.TerminalSetAfterOutput, &setting), "tcsetattr");
        return entered;
    }

    /// <summary>Puts back what was; a terminal that has gone meanwhile needs nothing.</summary>
    public unsafe void Dispose()
    {
        if (_restored)
        {
            return;
        }

        _restored = true;
        var setting = _before;
        _ = Native.TerminalSet(_terminal, Native.TerminalSetAfterOutput, &setting);
    }
}
