using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.Vms.Health;
using VmTools.Host.Vms;
using VmTools.Protocol;

namespace VmTools.Host.Concierge.Vms;

/// <summary>
/// One VM, from the claim of its name to the release of its last resource: where it stands, and what callers want of it. Its one life
/// (<see cref="VmLife"/>) changes the state; every other caller leaves a wish (<see cref="StopAsync"/>, <see cref="Abandon"/>) or reads
/// <see cref="Snapshot"/>.
/// </summary>
internal sealed class Vm(VmId id, VmType type, TimeProvider clock)
{
    private readonly TaskCompletionSource<VmStopReason> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _force = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _leave = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<VmSnapshot> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _unstoppable = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile VmSnapshot _snapshot = new(id, VmState.Claimed, type);
    private volatile VmHealth? _health;
    private readonly Lock _terminaLock = new();
    private Task<TerminaStart?>? _termina;

    public VmId Id => id;

    public VmSnapshot Snapshot =>
        _snapshot is { State: VmState.Running } running ? running with { Condition = _health?.Condition } : _snapshot;

    /// <summary>Whether its end has been asked for or has begun: a start of its name has to wait for it.</summary>
    public bool IsGoing =>
        _stop.Task.IsCompleted || _snapshot.State is VmState.Stopping or VmState.Releasing or VmState.Stopped or VmState.Detached;

    /// <summary>The running VM, or the first cause of a failed start.</summary>
    public Task<VmSnapshot> Started => _started.Task;

    /// <summary>Everything is given back and the name is free, or vm_concierge has left the VM alone.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Completes when a caller wants the VM to end.</summary>
    public Task<VmStopReason> StopAsked => _stop.Task;

    /// <summary>Completes when a caller does not want to wait for the guest.</summary>
    public Task ForceAsked => _force.Task;

    /// <summary>Completes when vm_concierge ends and leaves the VM to the next one.</summary>
    public Task LeaveAsked => _leave.Task;

    /// <summary>
    /// Asks for the end and waits for it. The first caller's reason is the one that is told; any caller may hurry the stop by force.
    /// Null when the VMM outlived every way of ending it; the VM then stays until it does end.
    /// </summary>
    public async Task<VmEnding?> StopAsync(VmStopReason reason, bool force, CancellationToken cancel)
    {
        if (force)
        {
            _force.TrySetResult();
        }

        _stop.TrySetResult(reason);
        await Task.WhenAny(_ended.Task, _unstoppable.Task).WaitAsync(cancel);
        return _ended.Task.IsCompleted ? _snapshot.Ending ?? EndingFor(reason, forced: null) : null;
    }

    /// <summary>vm_concierge ends: a start is called off, a running VM is left alone, a stop goes on.</summary>
    public void Abandon() => _leave.TrySetResult();

    /// <summary>The VM is about to get its VMM: from here on the bus knows of it and is told of its end.</summary>
    public void Announce(VmRecord record)
    {
        _snapshot = _snapshot with { Cid = new Cid(record.Cid), MemoryMiB = record.MemoryMiB, HostMemoryMiB = record.HostMemoryMiB };
        Move(VmEvent.Announced);
    }

    /// <summary>
    /// Returns once the guest's container host is up. Where it is, or is being started, <paramref name="begin"/> is not run: all callers
    /// share one start. After one that failed the next caller begins anew. Null where a former vm_concierge started it.
    /// </summary>
    public Task<TerminaStart?> TerminaAsync(Func<Task<TerminaStart?>> begin)
    {
        lock (_terminaLock)
        {
            return _termina is { IsFaulted: false, IsCanceled: false } ? _termina : _termina = begin();
        }
    }

    public void Launched(IHostProcess vmm, IHostProcess device) => _snapshot = _snapshot with { VmmPid = vmm.Pid, DevicePid = device.Pid };

    public void GuestReady()
    {
        _snapshot = _snapshot with { Address = GuestNetwork.UserMode.Address };
        Move(VmEvent.GuestReady);
    }

    /// <summary>The VM was found running, as a former vm_concierge left it.</summary>
    public void Adopt(RunningVm running)
    {
        _snapshot = new VmSnapshot(id, VmState.Claimed, type)
        {
            Cid = new Cid(running.Record.Cid),
            VmmPid = running.Vmm.Pid,
            DevicePid = running.Device.Pid,
            MemoryMiB = running.Record.MemoryMiB,
            HostMemoryMiB = running.Record.HostMemoryMiB,
            Address = GuestNetwork.UserMode.Address,
        };
        _termina = running.Record.HasTermina ? Task.FromResult<TerminaStart?>(null) : null;
        Move(VmEvent.Adopted);
    }

    /// <summary>The health of the running VM goes into every snapshot from now on.</summary>
    public void Watched(VmHealth health) => _health = health;

    /// <summary>The first cause of an end that no caller asked for, as a sentence.</summary>
    public void Met(string problem) => _snapshot = _snapshot with { Problem = problem };

    public void Released(VmEnding ending)
    {
        Move(VmEvent.Released);
        _snapshot = _snapshot with { Ending = ending };
    }

    /// <summary>How the VM ended; <paramref name="forced"/> is what is to be said of a stop that did not go as it should.</summary>
    public VmEnding EndingFor(VmStopReason reason, string? forced) =>
        new(reason, forced ?? _snapshot.Problem ?? VmEnding.SentenceFor(reason), clock.GetUtcNow()) { IsForced = forced is not null };

    public void Move(VmEvent happened) => _snapshot = _snapshot with { State = VmLifecycle.Next(_snapshot.State, happened) };

    /// <summary>Answers the callers that wait for the start.</summary>
    public void TellStarted() => _started.TrySetResult(_snapshot);

    /// <summary>Fails the callers that wait for the start.</summary>
    public void TellStartFailed(Exception cause) => _started.TrySetException(cause);

    /// <summary>Answers the callers that wait for the end: there is no way to end the VMM.</summary>
    public void TellUnstoppable() => _unstoppable.TrySetResult();

    /// <summary>Answers the callers that wait for the end.</summary>
    public void TellEnded() => _ended.TrySetResult();
}
