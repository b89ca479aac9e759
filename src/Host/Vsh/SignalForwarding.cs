using System.Runtime.InteropServices;
using VmTools.Protocol.Messages.Vsh;

namespace VmTools.Host.Vsh;

/// <summary>
/// Passes HUP, INT, QUIT and TERM on to the program in the guest, whose matter it is what to do with them, and the size of
/// our terminal when it changes. A program that has not ended some seconds after the first of them (a moment after it in an
/// interactive session) is left alone, as is one that is sent a second of the same kind: vsh ends. QUIT alone ends nothing, for programs
/// answer it with a dump of their state, nor does INT in an interactive session, where it is a key like others.
/// </summary>
internal sealed class SignalForwarding : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly VshSession _session;
    private readonly VshStdio _stdio;
    private readonly TimeProvider _clock;
    private readonly TaskCompletionSource<VshEnding> _interrupted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly HashSet<Signal> _seen = [];
    private ITimer? _patience;

    public SignalForwarding(VshSession session, VshStdio stdio, TimeProvider clock)
    {
        _session = session;
        _stdio = stdio;
        _clock = clock;
        Watch(PosixSignal.SIGHUP, () => Forward(Signal.Hup));
        Watch(PosixSignal.SIGINT, () => Forward(Signal.Int));
        Watch(PosixSignal.SIGQUIT, () => Forward(Signal.Quit));
        Watch(PosixSignal.SIGTERM, () => Forward(Signal.Term));
        if (stdio.IsInteractive)
        {
            Watch(PosixSignal.SIGWINCH, Resize);
        }
    }

    /// <summary>Completes when a signal is to end vsh itself.</summary>
    public Task<VshEnding> Interrupted => _interrupted.Task;

    /// <summary>One signal of ours. The first of a kind is the guest's; the second of it is for us.</summary>
    internal void Forward(Signal signal)
    {
        lock (_seen)
        {
            if (!_seen.Add(signal))
            {
                _interrupted.TrySetResult(VshEnding.Signalled((int)signal));
                return;
            }

            if (PatienceWith(signal) is { } patience)
            {
                _patience ??= _clock.CreateTimer(
                    _ => _interrupted.TrySetResult(VshEnding.Signalled((int)signal)), null, patience, Timeout.InfiniteTimeSpan);
            }
        }

        _session.SendSignal(signal);
    }

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _patience?.Dispose();
    }

    /// <summary>
    /// Null where the signal is the program's matter alone. A shell ignores TERM, and after HUP the terminal has no user left.
    /// </summary>
    private TimeSpan? PatienceWith(Signal signal) => (signal, _stdio.IsInteractive) switch
    {
        (Signal.Hup or Signal.Term, true) => Moment,
        (Signal.Hup or Signal.Int or Signal.Term, false) => Farewell,
        _ => null,
    };

    private void Resize()
    {
        if (Linux.Terminals.Terminal.SizeOf(_stdio.Output) is { } size)
        {
            _session.Resize(size.Rows, size.Columns);
        }
    }

    private void Watch(PosixSignal signal, Action react) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        react();
    }));
}
