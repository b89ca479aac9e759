using System.Runtime.InteropServices;

namespace VmTools.Host.Daemon;

/// <summary>SIGTERM and SIGINT as something to wait for: a daemon finishes what it has in hand before it ends.</summary>
internal sealed class TerminationSignal : IDisposable
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration _terminated;
    private readonly PosixSignalRegistration _interrupted;

    public TerminationSignal()
    {
        _terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        _interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
    }

    /// <summary>Completes when one of the signals has come.</summary>
    public Task Asked => _asked.Task;

    public void Dispose()
    {
        _terminated.Dispose();
        _interrupted.Dispose();
    }

    private void End(PosixSignalContext context)
    {
        context.Cancel = true;
        _asked.TrySetResult();
    }
}
