using VmTools.Guest.Vshd.Frames;
using VmTools.Guest.Vshd.Loop;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Terminals;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>A pseudo-terminal, the program its session leader. Everything it writes is one stream.</summary>
internal sealed class TerminalStdio : ISessionStdio
{
    /// <summary>What a terminal in canonical mode takes for the end of input.</summary>
    private const byte EndOfTransmission = 0x04;

    private readonly PseudoTerminal _terminal;
    private readonly WatchedFd _master;

    public TerminalStdio(FdLoop loop, LoopSignal wake)
    {
        _terminal = PseudoTerminal.Open();
        try
        {
            Fd.SetNonBlocking(_terminal.Master, true);
            _master = loop.Watch(_terminal.Master, wake);
            Outputs = [new SessionOutput(OutputStream.Output, _master)];
        }
        catch
        {
            _terminal.Dispose();
            throw;
        }
    }

    public WatchedFd? Input => _master;

    public IReadOnlyList<SessionOutput> Outputs { get; }

    public SpawnRequest Attach(SpawnRequest request) => request with { NewSession = true, ControllingTerminal = _terminal.SlavePath };

    public void Attached()
    {
        // The program opens its end by path.
    }

    /// <summary>A size of nothing is what a host without a terminal sends.</summary>
    public void Resize(int rows, int columns)
    {
        if (rows is > 0 and <= ushort.MaxValue && columns is > 0 and <= ushort.MaxValue)
        {
            _terminal.Resize((ushort)rows, (ushort)columns);
        }
    }

    public void EndInput(InputQueue queue) => queue.Add([EndOfTransmission]);

    public void CloseInput()
    {
        // A terminal has one descriptor for both directions; a failed write ends with the output.
    }

    public int GroupToSignal(int programPid) => _terminal.ForegroundGroup is var group and > 0 ? group : programPid;

    public void Dispose()
    {
        _master.Dispose();
        _terminal.Dispose();
    }
}
