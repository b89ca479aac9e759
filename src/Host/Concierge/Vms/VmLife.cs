using Microsoft.Extensions.Logging;
using VmTools.Host.Concierge.Vms.Health;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// The life of a VM whose name has been claimed: 1. its start, or the moment in which it was taken back, 2. it runs and its health is
/// watched, 3. it is stopped, or its VMM or device dies, or vm_concierge leaves, 4. what it holds is given back in reverse, 5. its name
/// is free, and then its end is told.
/// </summary>
internal sealed partial class VmLife(
    VmRegistry registry, IVmEvents events, VmEndings endings, HealthWatch health, ShutdownSequence shutdown, VmAutopsy autopsy,
    TimeProvider clock, ILogger log)
{
    /// <summary>Begins the life of a VM with its start; <see cref="Vm.Ended"/> tells its end.</summary>
    public void Begin(Vm vm, Func<CancellationToken, Task<RunningVm>> start) => _ = LiveAsync(vm, () => StartAsync(vm, start));

    /// <summary>Begins the life of a VM that a former vm_concierge left running.</summary>
    public void Resume(Vm vm, RunningVm running)
    {
        vm.Adopt(running);
        vm.TellStarted();
        _ = LiveAsync(vm, () => Task.FromResult<RunningVm?>(running));
    }

    private async Task LiveAsync(Vm vm, Func<Task<RunningVm?>> begin)
    {
        RunningVm? running = null;
        try
        {
            running = await begin();
            if (running is not null)
            {
                await RunAsync(vm, running);
            }
        }
        catch (OperationCanceledException)
        {
            // vm_concierge ends before the VM does, and watches no process any more. The VM's record tells the next one of it.
        }
        catch (Exception defect)
        {
            LogDefect(vm.Id.Name.Value, defect);
            vm.TellStartFailed(defect);
            await (running?.Held.DisposeAsync() ?? ValueTask.CompletedTask);
            registry.Remove(vm);
        }
        finally
        {
            vm.TellEnded();
        }
    }

    /// <summary>Null when the start failed: it has given everything back then, and its end has been told.</summary>
    private async Task<RunningVm?> StartAsync(Vm vm, Func<CancellationToken, Task<RunningVm>> start)
    {
        using var abort = new CancellationTokenSource();
        var starting = start(abort.Token);
        var calledOff = await Task.WhenAny(starting, vm.StopAsked, vm.LeaveAsked) != starting && !starting.IsCompleted;
        if (calledOff)
        {
            await abort.CancelAsync();
        }

        try
        {
            var running = await starting;
            vm.GuestReady();
            events.Started(vm.Snapshot);
            vm.TellStarted();
            return running;
        }
        catch (Exception cause)
        {
            FailStart(vm, calledOff ? CalledOff(vm, cause) : cause);
            return null;
        }
    }

    /// <summary>The start has given everything back already; what is left is to say so, in the order of a VM's end.</summary>
    private void FailStart(Vm vm, Exception cause)
    {
        var wasAnnounced = vm.Snapshot.State == VmState.Starting;
        vm.Move(VmEvent.StartFailed);
        vm.Met(cause.Message.Split('\n')[0]);
        if (wasAnnounced && vm.StopAsked.IsCompleted)
        {
            events.Stopping(vm.Snapshot);
        }

        var reason = vm.StopAsked.IsCompleted ? vm.StopAsked.Result
            : vm.LeaveAsked.IsCompleted ? VmStopReason.ServiceShutdown
            : VmStopReason.VmExited;
        Finish(vm, vm.EndingFor(reason, forced: null), wasAnnounced);
        vm.TellStartFailed(cause);
    }

    private static VmToolsException CalledOff(Vm vm, Exception cause) =>
        vm.StopAsked.IsCompleted
            ? new VmToolsException(ErrorKind.Cancelled, $"The start of VM '{vm.Id}' was called off because somebody stopped it.", cause)
            : new VmToolsException(
                ErrorKind.Unavailable,
                $"The start of VM '{vm.Id}' was called off because vm_concierge ends. Start it again.",
                cause);

    private async Task RunAsync(Vm vm, RunningVm running)
    {
        await using var watch = health.For(running, () => events.ConditionChanged(vm.Snapshot));
        vm.Watched(watch);
        watch.Begin();
        await Task.WhenAny(vm.StopAsked, vm.LeaveAsked, running.Vmm.Ended, running.Device.Ended);
        if (vm.LeaveAsked.IsCompleted && !vm.StopAsked.IsCompleted && !running.Vmm.Ended.IsCompleted)
        {
            vm.Move(VmEvent.DaemonLeaves);
            return;
        }

        var stopAsked = vm.StopAsked.IsCompleted && !running.Vmm.Ended.IsCompleted;
        var forced = stopAsked ? await StopAsync(vm, running, watch) : null;
        if (!stopAsked)
        {
            vm.Met(await autopsy.EndAsync(running, watch));
        }

        vm.Move(VmEvent.Ended);
        await running.Held.DisposeAsync();
        Finish(vm, vm.EndingFor(stopAsked ? vm.StopAsked.Result : VmStopReason.VmExited, forced), wasAnnounced: true);
    }

    /// <summary>What is to be said of a stop that did not go as it should.</summary>
    private async Task<string?> StopAsync(Vm vm, RunningVm running, VmHealth watch)
    {
        vm.Move(VmEvent.StopRequested);
        events.Stopping(vm.Snapshot);
        var outcome = await shutdown.RunAsync(new ShutdownSpec(running, sentence => events.StopStep(vm.Id, sentence), vm.ForceAsked)
        {
            Pause = () => watch.Condition is { Kind: VmConditionKind.Paused } pause ? pause.Reason : null,
        });
        if (!outcome.HasEnded)
        {
            LogUnstoppable(vm.Id.Name.Value, running.Vmm.Pid);
            vm.TellUnstoppable();
            await running.Vmm.Ended;
        }

        await running.DeviceFollowsVmmAsync(clock);
        return outcome.Sentence;
    }

    /// <summary>The name is free before the end is told: a caller who hears of it may start the VM anew.</summary>
    private void Finish(Vm vm, VmEnding ending, bool wasAnnounced)
    {
        vm.Released(ending);
        if (wasAnnounced)
        {
            endings.Keep(vm.Id, ending);
        }

        registry.Remove(vm);
        if (wasAnnounced)
        {
            events.Stopped(vm.Snapshot, ending.Reason);
        }
    }

    [LoggerMessage(3012, LogLevel.Error, "VM {Vm}: its VMM (pid {Pid}) survives SIGKILL; it stays listed until it ends")]
    private partial void LogUnstoppable(string vm, int pid);

    [LoggerMessage(3013, LogLevel.Critical, "VM {Vm}: its owner failed")]
    private partial void LogDefect(string vm, Exception defect);
}
