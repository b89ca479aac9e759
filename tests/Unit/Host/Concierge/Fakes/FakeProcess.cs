using VmTools.Host.Concierge.HostProcesses;
using VmTools.Linux.ProcessControl;

namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>
/// A process that ends when it is told to: by the test, by SIGTERM unless it is stubborn, by SIGKILL unless it is immortal.
/// </summary>
internal sealed class FakeProcess(int pid, Action<string> tell) : IHostProcess
{
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Pid => pid;

    public long StartTime => pid * 10;

    public Task<string> Ended => _ended.Task;

    public bool IsStubborn { get; set; }

    public bool IsImmortal { get; set; }

    /// <summary>What goes down along with it: a device without its VMM.</summary>
    public FakeProcess? Follower { get; set; }

    public void End(string how = "ended with exit code 0")
    {
        Follower?.End();
        _ended.TrySetResult(how);
    }

    public void Signal(Signal signal)
    {
        if (_ended.Task.IsCompleted)
        {
            return;
        }

        tell($"SIG{signal.ToString().ToUpperInvariant()}");
        if ((signal == VmTools.Linux.ProcessControl.Signal.Kill && !IsImmortal)
            || (signal == VmTools.Linux.ProcessControl.Signal.Term && !IsStubborn && !IsImmortal))
        {
            End($"was killed by SIG{signal.ToString().ToUpperInvariant()}");
        }
    }
}
