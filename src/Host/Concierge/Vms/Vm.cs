using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Vms.Health;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// The single owner of one VM, from the claim of its name to the release of its last resource. Its one task changes the
/// state; everybody else leaves an order (<see cref="StopAsync"/>, <see cref="Abandon"/>) or reads <see cref="Snapshot"/>.
/// </summary>
internal sealed partial class Vm(VmId id, VmType type, VmSurroundings around, ILogger log) : IVmStart, IAsyncDisposable
{
    private readonly TaskCompletionSource<VmStopReason> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _force = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _leave = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<VmSnapshot> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _unstoppable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abort = new();
    private Task? _life;
    private volatile VmSnapshot _snapshot = new(id, VmState.Claimed, type);
    private volatile VmHealth? _health;

    public VmId Id => id;

    public VmSnapshot Snapshot => _snapshot is { State: VmState.Running } running ? running with { Condition = _health?.Condition } : _snapshot;

    /// <summary>Whether its end has been asked for or has begun: a start of its name has to wait for it.</summary>
    public bool IsGoing => _stop.Task.IsCompleted || _snapshot.State is VmState.Stopping or VmState.Releasing or VmState.Stopped or VmState.Detached;

    /// <summary>The running VM, or the first cause of a failed start.</summary>
    public Task<VmSnapshot> Started => _started.Task;

    /// <summary>Everything is given back and the name is free, or the daemon has left the VM alone.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Starts the owner's task with a start that makes the VM run.</summary>
    public void Begin(Func<IVmStart, CancellationToken, Task<RunningVm>> start) => _life = LiveAsync(() => start(this, _abort.Token));

    /// <summary>Starts the owner's task with a VM that a former daemon left running.</summary>
    public void Adopt(RunningVm running, VmSnapshot snapshot)
    {
        _snapshot = snapshot with { State = VmState.Claimed };
        Move(VmEvent.Adopted);
        _started.SetResult(_snapshot);
        _life = LiveAsync(() => Task.FromResult(running));
    }

    /// <summary>
    /// Leaves the order to stop and waits for the end. The first order's reason is the one that is told; any order may hurry
    /// the stop by force. Null when the VMM outlived every way of ending it; the VM then stays until it does end.
    /// </summary>
    public async Task<VmEnding?> StopAsync(VmStopReason reason, bool force, CancellationToken cancel)
    {
        if (force)
        {
            _force.TrySetResult();
        }

        _stop.TrySetResult(reason);
        await Task.WhenAny(_ended.Task, _unstoppable.Task).WaitAsync(cancel);
        return _ended.Task.IsCompleted ? _snapshot.Ending ?? EndingFor(reason, null) : null;
    }

    /// <summary>The daemon ends: a start is called off, a running VM is left alone, a stop goes on.</summary>
    public void Abandon() => _leave.TrySetResult();

    void IVmStart.Step(string sentence) => around.News.StartStep(id, sentence);

    void IVmStart.Announce(VmRecord record)
    {
        _snapshot = _snapshot with { Cid = new Cid(record.Cid), MemoryMiB = record.MemoryMiB, HostMemoryMiB = record.HostMemoryMiB };
        Move(VmEvent.Announced);
        around.News.StartingUp(_snapshot);
    }

    void IVmStart.Launched(IHostProcess vmm, IHostProcess device) =>
        _snapshot = _snapshot with { VmmPid = vmm.Pid, DevicePid = device.Pid };

    private async Task LiveAsync(Func<Task<RunningVm>> start)
    {
        try
        {
            var running = _started.Task.IsCompleted ? await start() : await StartAsync(start());
            if (running is not null)
            {
                await RunAsync(running);
            }
        }
        catch (Exception defect)
        {
            LogDefect(id.Name.Value, defect);
            _started.TrySetException(defect);
            around.Registry.Remove(this);
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private async Task<RunningVm?> StartAsync(Task<RunningVm> start)
    {
        var calledOff = await Task.WhenAny(start, _stop.Task, _leave.Task) != start && !start.IsCompleted;
        if (calledOff)
        {
            await _abort.CancelAsync();
        }

        try
        {
            var running = await start;
            _snapshot = _snapshot with { Address = GuestNetwork.UserMode.Address };
            Move(VmEvent.GuestReady);
            around.News.Started(_snapshot);
            _started.SetResult(_snapshot);
            return running;
        }
        catch (Exception cause)
        {
            FailStart(calledOff ? CalledOff(cause) : cause);
            return null;
        }
    }

    /// <summary>The start has given everything back already; what is left is to say so, in the order of a VM's end.</summary>
    private void FailStart(Exception cause)
    {
        var wasAnnounced = _snapshot.State == VmState.Starting;
        Move(VmEvent.StartFailed);
        _snapshot = _snapshot with { Problem = cause.Message.Split('\n')[0] };
        if (wasAnnounced && _stop.Task.IsCompleted)
        {
            around.News.Stopping(_snapshot);
        }

        var reason = _stop.Task.IsCompleted ? _stop.Task.Result : _leave.Task.IsCompleted ? VmStopReason.ServiceShutdown : VmStopReason.VmExited;
        Finish(EndingFor(reason, null), wasAnnounced);
        _started.SetException(cause);
    }

    private VmToolsException CalledOff(Exception cause) =>
        _stop.Task.IsCompleted
            ? new VmToolsException(ErrorKind.Cancelled, $"The start of VM '{id}' was called off because somebody stopped it.", cause)
            : new VmToolsException(ErrorKind.Unavailable, $"The start of VM '{id}' was called off because vm_concierge ends. Start it again.", cause);

    private async Task RunAsync(RunningVm running)
    {
        await using var health = new VmHealth(running, around, () => around.News.ConditionChanged(Snapshot), log);
        _health = health;
        health.Begin();
        await Task.WhenAny(_stop.Task, _leave.Task, running.Vmm.Ended, running.Device.Ended);
        if (_leave.Task.IsCompleted && !_stop.Task.IsCompleted && !running.Vmm.Ended.IsCompleted)
        {
            Move(VmEvent.DaemonLeaves);
            return;
        }

        var stopAsked = _stop.Task.IsCompleted && !running.Vmm.Ended.IsCompleted;
        var forced = stopAsked ? await StopRunningAsync(running, health) : null;
        if (!stopAsked)
        {
            await EndBrokenAsync(running, health);
        }

        Move(VmEvent.Ended);
        await running.Held.DisposeAsync();
        Finish(EndingFor(stopAsked ? _stop.Task.Result : VmStopReason.VmExited, forced), wasAnnounced: true);
    }

    /// <summary>What is to be said of a stop that did not go as it should.</summary>
    private async Task<string?> StopRunningAsync(RunningVm running, VmHealth health)
    {
        Move(VmEvent.StopRequested);
        around.News.Stopping(_snapshot);
        var order = new ShutdownSpec(running, sentence => around.News.StopStep(id, sentence), _force.Task)
        {
            Pause = () => health.Condition is { Kind: VmConditionKind.Paused } pause ? pause.Reason : null,
        };
        var outcome = await around.Shutdown.RunAsync(order);
        if (!outcome.HasEnded)
        {
            LogUnstoppable(id.Name.Value, running.Vmm.Pid);
            _unstoppable.SetResult();
            await running.Vmm.Ended;
        }

        // The device writes the console: once it has ended, what the guest said last is in the log.
        await around.Shutdown.DeviceFollowsVmmAsync(running);
        return outcome.Sentence;
    }

    /// <summary>The VMM died, or the device did, without which nobody reaches the guest: the device cannot be attached anew.</summary>
    private async Task EndBrokenAsync(RunningVm running, VmHealth health)
    {
        if (await around.Shutdown.VmmFollowsDeviceAsync(running))
        {
            // The device writes the console: once it has ended, the guest's last words are in the log.
            await around.Shutdown.DeviceFollowsVmmAsync(running);
            var panic = ConsoleHistory.Of(around.Directories, running.Record).Panic();
            LogVmmEnded(id.Name.Value, running.Vmm.Pid, await running.Vmm.Ended, panic ?? health.SwitchedOff ?? "its kernel said nothing of a panic");
            _snapshot = _snapshot with { Problem = panic ?? health.SwitchedOff ?? $"The VMM {await running.Vmm.Ended}." };
            return;
        }

        LogDeviceEnded(id.Name.Value, running.Device.Pid, await running.Device.Ended);
        _snapshot = _snapshot with { Problem = $"The vsock device {await running.Device.Ended}, so the VM could not be reached any more." };
        await around.Shutdown.EndVmmAsync(running);
    }

    private VmEnding EndingFor(VmStopReason reason, string? forced) =>
        new(reason, forced ?? _snapshot.Problem ?? VmEnding.SentenceFor(reason), around.Clock.GetUtcNow()) { IsForced = forced is not null };

    private void Finish(VmEnding ending, bool wasAnnounced)
    {
        Move(VmEvent.Released);
        _snapshot = _snapshot with { Ending = ending };
        if (wasAnnounced)
        {
            around.Endings.Keep(id, ending);
        }

        around.Registry.Remove(this);
        if (wasAnnounced)
        {
            around.News.Stopped(_snapshot, ending.Reason);
        }
    }

    /// <summary>Waits for the owner's task.</summary>
    public async ValueTask DisposeAsync()
    {
        await (_life ?? Task.CompletedTask);
        _abort.Dispose();
    }

    private void Move(VmEvent happened) => _snapshot = _snapshot with { State = VmLifecycle.Next(_snapshot.State, happened) };

    [LoggerMessage(3010, LogLevel.Warning, "VM {Vm}: its VMM (pid {Pid}) {How}; {Why}")]
    private partial void LogVmmEnded(string vm, int pid, string how, string why);

    [LoggerMessage(3011, LogLevel.Warning, "VM {Vm}: its vsock device (pid {Pid}) {How}; the VM is ended")]
    private partial void LogDeviceEnded(string vm, int pid, string how);

    [LoggerMessage(3012, LogLevel.Error, "VM {Vm}: its VMM (pid {Pid}) survives SIGKILL; it stays listed until it ends")]
    private partial void LogUnstoppable(string vm, int pid);

    [LoggerMessage(3013, LogLevel.Critical, "VM {Vm}: its owner failed")]
    private partial void LogDefect(string vm, Exception defect);
}
