using VmTools.Guest.Vshd.Loop;
using VmTools.Linux.ProcessControl;

namespace VmTools.Guest.Vshd.Sessions;

/// <summary>The program of a session and, later, how it ended.</summary>
internal sealed class RunningProgram
{
    private readonly ChildProcess _child;

    public RunningProgram(ChildProcess child, FdLoop loop, LoopSignal wake)
    {
        _child = child;
        _ = child.Exited.ContinueWith(
            exited => loop.Post(() =>
            {
                Status = exited.Result;
                wake.Raise();
            }),
            TaskScheduler.Default);
    }

    public int Pid => _child.Pid;

    public bool HasEnded => Status is not null;

    /// <summary>The exit status, or what a shell makes of a death by signal: the protocol has one number for both.</summary>
    public int ExitCode => Status?.ForShell ?? 0;

    private ExitStatus? Status { get; set; }

    /// <summary>
    /// Signals the whole process group: a shell in the foreground would not pass the signal on to what it runs. A program that has ended
    /// is not signalled, as its number may be another's by now; nor is a signal sent that vsh.proto does not have.
    /// </summary>
    public void Send(Signal signal, ISessionStdio stdio)
    {
        if (!HasEnded && IsAllowed(signal))
        {
            Processes.SignalGroup(stdio.GroupToSignal(Pid), signal);
        }
    }

    private static bool IsAllowed(Signal signal) =>
        signal is Signal.Hup or Signal.Int or Signal.Quit or Signal.Term;
}
