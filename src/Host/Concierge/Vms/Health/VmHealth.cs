using System.Globalization;
using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.Vmm;
using VmTools.Linux.ProcessControl;

namespace VmTools.Host.Concierge.Vms.Health;

/// <summary>
/// Whether one VM really runs, from the end of its start to its own end: what its VMM tells, and whether its guest answers.
/// </summary>
internal sealed partial class VmHealth : IAsyncDisposable
{
    private readonly RunningVm _vm;
    private readonly Action _changed;
    private readonly ILogger _log;
    private readonly PauseWatch _pauses;
    private readonly AnswerWatch _answers;
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private Task _watching = Task.CompletedTask;
    private VmCondition? _pause;
    private VmCondition? _silence;
    private volatile VmCondition? _condition;

    /// <param name="vm">The VM that runs.</param>
    /// <param name="pauses">Listens to its VMM.</param>
    /// <param name="answers">Knocks at its guest.</param>
    /// <param name="changed">Called after each change of <see cref="Condition"/>.</param>
    /// <param name="log">Where each change is told.</param>
    public VmHealth(RunningVm vm, PauseWatch pauses, AnswerWatch answers, Action changed, ILogger log) =>
        (_vm, _pauses, _answers, _changed, _log) = (vm, pauses, answers, changed, log);

    /// <summary>Null while it runs as it should.</summary>
    public VmCondition? Condition => _condition;

    /// <summary>Why its machine was switched off, where the VMM told, as a sentence.</summary>
    public string? SwitchedOff => _pauses.ShutdownCause switch
    {
        "guest-shutdown" => "Its guest switched itself off.",
        "guest-reset" => "Its guest restarted, which ends a VM.",
        "guest-panic" => "Its guest's kernel died.",
        "host-signal" => "Its VMM was told to end by a signal.",
        "host-qmp-quit" => "Its VMM was told to quit on its control socket.",
        _ => null,
    };

    /// <summary>
    /// Begins to watch. The VM's snapshots must show this object's condition by then, because a change may be told at once.
    /// </summary>
    public void Begin() => _watching = Task.WhenAll(
        WatchAsync(_pauses.RunAsync(Paused, _end.Token)),
        WatchAsync(_answers.RunAsync(() => _pause is not null, Silent, _end.Token)));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching;
        _end.Dispose();
    }

    private void Paused(VmmPause? pause) => Change(
        () => _pause = pause is null ? null : new VmCondition(VmConditionKind.Paused, ReasonOf(pause)));

    private void Silent(TimeSpan? silence) => Change(() => _silence = silence switch
    {
        null => null,
        _ when _silence is not null => _silence,
        { } time => new VmCondition(VmConditionKind.NotAnswering, Processes.IsStopped(_vm.Vmm.Pid)
            ? string.Create(CultureInfo.InvariantCulture, $"its VMM (pid {_vm.Vmm.Pid}) is stopped by a signal")
            : string.Create(CultureInfo.InvariantCulture, $"nothing came from its guest for {time.TotalSeconds:0} s")),
    });

    private void Change(Action apply)
    {
        lock (_lock)
        {
            var before = _condition;
            apply();
            var now = _pause ?? _silence;
            if (now == before)
            {
                return;
            }

            _condition = now;
        }

        Tell();
        _changed();
    }

    private void Tell()
    {
        switch (_condition)
        {
            case null:
                LogRunsAgain(_vm.Record.Name);
                break;
            case { Kind: VmConditionKind.Paused } pause:
                LogPaused(_vm.Record.Name, pause.Reason);
                break;
            case { Kind: VmConditionKind.NotAnswering } silence:
                LogNotAnswering(_vm.Record.Name, silence.Reason);
                break;
            default:
                throw new InvalidOperationException($"There is no condition {_condition}.");
        }
    }

    private static string ReasonOf(VmmPause pause) => pause switch
    {
        { Cause: VmmPauseCause.DiskFull } => "host disk full",
        { Cause: VmmPauseCause.DiskError, Disk: { } disk } => $"disk write error on {disk}",
        { Cause: VmmPauseCause.DiskError } => "disk write error",
        { Cause: VmmPauseCause.Asked } => "somebody told its VMM so",
        _ => $"its VMM says '{pause.Detail}'",
    };

    /// <summary>A watch that fails is a defect of ours; the VM goes on without it.</summary>
    private async Task WatchAsync(Task watch)
    {
        try
        {
            await watch;
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // Disposed.
        }
        catch (Exception defect)
        {
            LogDefect(_vm.Record.Name, defect);
        }
    }

    [LoggerMessage(3083, LogLevel.Warning, "VM {Vm} is paused: {Why}. It goes on by itself when it can")]
    private partial void LogPaused(string vm, string why);

    [LoggerMessage(3084, LogLevel.Warning, "VM {Vm} does not answer: {Why}. 'vmc stop --force' ends it")]
    private partial void LogNotAnswering(string vm, string why);

    [LoggerMessage(3085, LogLevel.Information, "VM {Vm} runs again")]
    private partial void LogRunsAgain(string vm);

    [LoggerMessage(3086, LogLevel.Critical, "VM {Vm}: nobody watches its health any more")]
    private partial void LogDefect(string vm, Exception defect);
}
