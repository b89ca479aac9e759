using System.Runtime.InteropServices;
using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Vmc.Cli;

/// <summary>
/// Ctrl-C, a request to end, or the terminal's end: the first cancels the verb, which tidies up; a later one ends the program
/// as if no handler had been there. One that follows at once is the same wish: an impatient finger, or a parent that signals
/// both us and our group.
/// </summary>
internal sealed class CancelSignals : IDisposable
{
    private static readonly TimeSpan SameWish = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _cancelled = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private long _first;
    private int _signal;

    public CancelSignals(TimeProvider clock)
    {
        _clock = clock;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Happened(context, 2)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Happened(context, 15)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Happened(context, 1)),
        ];
    }

    public CancellationToken Token => _cancelled.Token;

    /// <summary>As a shell reports a program that this signal ended; null when there was none.</summary>
    public int? ExitCode => _signal == 0 ? null : ExitStatus.OfSignals + _signal;

    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }

        _cancelled.Dispose();
    }

    private void Happened(PosixSignalContext context, int number) => context.Cancel = IsTidyUp(number);

    /// <summary>Whether the verb is to tidy up, or, if it has had its time for that, to end.</summary>
    internal bool IsTidyUp(int number)
    {
        lock (_gate)
        {
            if (_signal != 0)
            {
                return _clock.GetElapsedTime(_first) < SameWish;
            }

            _signal = number;
            _first = _clock.GetTimestamp();
        }

        _cancelled.Cancel();
        return true;
    }
}
