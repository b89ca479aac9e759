using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;
using VmTools.Guest.Tremplin.Lxc;
using VmTools.Linux.Accounts;
using VmTools.Protocol;

namespace VmTools.Guest.Tremplin.Containers;

/// <summary>
/// One container. Requests are answered at once and carried out by one task, so that there is never more than one thing done to a container
/// at a time; what became of it the host is told.
/// </summary>
internal sealed partial class Container : IDisposable
{
    private readonly ContainerDependencies _with;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _users = new(1, 1);
    private ContainerRecord _record;
    private ContainerState _state;
    private ContainerRun? _run;
    private bool _tellsStop;
    private Task _work = Task.CompletedTask;

    private Container(ContainerRecord record, ContainerState state, ContainerDependencies with) =>
        (_record, _state, _with, _log) = (record, state, with, with.Log);

    public ContainerName Name => _record.Name;

    /// <summary>Completes when the work of the requests made so far is done.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate)
            {
                return _work;
            }
        }
    }

    /// <summary>A container that is about to be made.</summary>
    public static Container ToBeMade(ContainerRecord record, ContainerDependencies with) => new(record, ContainerState.Creating, with);

    /// <summary>A container that is there, and perhaps runs since an earlier tremplin started it.</summary>
    public static Container Found(ContainerRecord record, IRunningContainer? running, ContainerDependencies with)
    {
        var container = new Container(record, running is null ? ContainerState.Stopped : ContainerState.Running, with);
        if (running is not null)
        {
            container._run = new ContainerRun(record.Name, token: "", with);
            container._run.TakeOver(running);
            container._work = Task.Run(container.RunAsync);
        }

        return container;
    }

    /// <summary>The record and the state at this moment.</summary>
    public (ContainerRecord Record, ContainerState State) Look()
    {
        lock (_gate)
        {
            return (_record, _state);
        }
    }

    /// <summary>The work of making it, and who is to hear when there is nothing of it any more.</summary>
    public void Make(Func<Task> make, Action<Container> gone)
    {
        lock (_gate)
        {
            _work = Task.Run(() => MakeAsync(make, gone));
        }
    }

    /// <param name="token">The secret by which the host will know it; empty where the host gives none.</param>
    public RequestOutcome Start(string token = "")
    {
        lock (_gate)
        {
            var outcome = Take(ContainerEvent.StartRequested);
            if (outcome == RequestOutcome.Begun)
            {
                _run = new ContainerRun(Name, token, _with);
                _work = Task.Run(RunAsync);
            }

            return outcome;
        }
    }

    /// <param name="patience">After so long by force.</param>
    public RequestOutcome Stop(TimeSpan patience)
    {
        lock (_gate)
        {
            var outcome = Take(ContainerEvent.StopRequested);
            if (outcome == RequestOutcome.Begun)
            {
                _tellsStop = true;
                _run!.Stop(patience);
            }

            return outcome;
        }
    }

    /// <param name="gone">Told when there is nothing of it any more; the host hears of it after that.</param>
    public RequestOutcome Delete(Func<Container, Task> gone)
    {
        lock (_gate)
        {
            var outcome = Take(ContainerEvent.DeleteRequested);
            if (outcome == RequestOutcome.Begun)
            {
                _run?.Stop(ContainerRun.PatienceBeforeDeletion);
                var before = _work;
                _work = Task.Run(() => DeleteAsync(before, gone));
            }

            return outcome;
        }
    }

    /// <summary>The first user and home directory; null where the container has none.</summary>
    /// <exception cref="VmToolsException">It does not run.</exception>
    public UserEntry? FirstUser() => RunningNow().FirstUser();

    /// <summary>Makes the first user unless there is one, whatever that one's name; says who it is.</summary>
    /// <exception cref="VmToolsException">It does not run, or the user could not be made.</exception>
    public async Task<(bool Existed, UserName User)> SetUpUserAsync(UserName wanted, CancellationToken cancel)
    {
        await _users.WaitAsync(cancel);
        try
        {
            var running = RunningNow();
            var existed = running.FirstUser() is not null;
            if (!existed)
            {
                await running.MakeUserAsync(wanted, cancel);
            }

            var name = running.FirstUser()?.Name ?? "";
            if (!UserName.TryParse(name, out var user))
            {
                throw new VmToolsException(ErrorKind.Internal, $"its user is called '{name}', which no program here can use");
            }

            running.RunAgent();
            Keep(record => record with { User = user });
            return (existed, user);
        }
        finally
        {
            _users.Release();
        }
    }

    /// <exception cref="VmToolsException">It does not run, or has not taken the zone.</exception>
    public Task SetZoneAsync(TimeZoneSetting zone, CancellationToken cancel) => RunningNow().SetZoneAsync(zone, cancel);

    /// <summary>The TCP ports that something in it listens on; none where it does not run.</summary>
    public IReadOnlyList<ushort> ListeningPorts()
    {
        IRunningContainer? running;
        lock (_gate)
        {
            running = _state == ContainerState.Running ? _run?.Running : null;
        }

        return running?.ListeningPorts() ?? [];
    }

    public void Dispose()
    {
        _users.Dispose();
        _run?.Dispose();
    }

    private async Task MakeAsync(Func<Task> make, Action<Container> gone)
    {
        try
        {
            await make();
            Change(ContainerEvent.Made);
            LogMade(Name);
            Tell(ContainerNoticeKind.Created);
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            gone(this);
            LogNotMade(Name, failure.Message);
            Tell(ContainerNoticeKind.NotCreated, failure.Message);
        }
    }

    private async Task RunAsync()
    {
        var run = _run!;
        var failure = await UpAsync(run);
        if (failure is null)
        {
            await run.UntilEndOrStopAsync();
        }

        var problem = await EndAsync(run, ask: failure is null || run.IsToStop);
        bool tellsStop;
        lock (_gate)
        {
            tellsStop = _tellsStop;
            (_run, _tellsStop) = (null, false);
            Change(ContainerEvent.Ended);
        }

        TellEnd(failure, run.IsToStop, tellsStop, problem);
        run.Dispose();
    }

    /// <summary>Null when the container runs or is to stop before it does; else why it does not run.</summary>
    private async Task<string?> UpAsync(ContainerRun run)
    {
        if (run.Running is not null)
        {
            LogTakenOver(Name);
            return null;
        }

        try
        {
            await run.StartAsync(_record);
            Keep(record => record with { Release = run.Running!.Release() });
            lock (_gate)
            {
                if (_state != ContainerState.Starting)
                {
                    return null;
                }

                Change(ContainerEvent.Answers);
            }

            LogRuns(Name);
            Tell(ContainerNoticeKind.Started);
            return null;
        }
        catch (OperationCanceledException)
        {
            return "it was stopped before it was up";
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            return failure.Message;
        }
    }

    /// <summary>Null when nothing of the run is left; else what is.</summary>
    private async Task<string?> EndAsync(ContainerRun run, bool ask)
    {
        try
        {
            await run.EndAsync(ask);
            return null;
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            LogNotCleared(Name, failure.Message);
            return failure.Message;
        }
    }

    private void TellEnd(string? failure, bool toStop, bool tellsStop, string? problem)
    {
        if (failure is not null && !toStop)
        {
            LogNotStarted(Name, failure);
            Tell(ContainerNoticeKind.NotStarted, failure);
            return;
        }

        LogEnded(Name);
        if (failure is not null)
        {
            Tell(ContainerNoticeKind.StartCancelled, failure);
        }

        if (tellsStop)
        {
            Tell(problem is null ? ContainerNoticeKind.Stopped : ContainerNoticeKind.NotStopped, problem ?? "");
        }
        else if (!toStop)
        {
            Tell(ContainerNoticeKind.ShutDown);
        }
    }

    /// <param name="before">The run that is to end first.</param>
    /// <param name="gone">Told when there is nothing of it any more; the host hears of it after that.</param>
    private async Task DeleteAsync(Task before, Func<Container, Task> gone)
    {
        await before;
        string directory;
        try
        {
            directory = _with.Store.MarkGone(Name);
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            Change(ContainerEvent.NotDeleted);
            LogNotDeleted(Name, failure.Message);
            Tell(ContainerNoticeKind.NotDeleted, failure.Message);
            return;
        }

        try
        {
            await _with.RemoveTree(directory, CancellationToken.None);
        }
        catch (Exception failure) when (IsExpected(failure))
        {
            // It is gone by its name; the next tremplin tries again.
            LogNotDeleted(Name, failure.Message);
        }

        await gone(this);
        LogDeleted(Name);
        Tell(ContainerNoticeKind.Deleted);
    }

    private IRunningContainer RunningNow()
    {
        lock (_gate)
        {
            return _state == ContainerState.Running && _run?.Running is { } running
                ? running
                : throw new VmToolsException(ErrorKind.FailedPrecondition, $"container {Name} does not run; start it first");
        }
    }

    private RequestOutcome Take(ContainerEvent request)
    {
        var outcome = ContainerLifecycle.Answer(_state, request);
        if (outcome != RequestOutcome.Begun)
        {
            return outcome;
        }

        if (RefusedWhileHeld(request) is { } refused)
        {
            return refused;
        }

        Change(request);
        return outcome;
    }

    private void Change(ContainerEvent happened)
    {
        lock (_gate)
        {
            _state = ContainerLifecycle.Next(_state, happened);
        }
    }

    /// <summary>A record that cannot be written, as on a full disk, holds for as long as tremplin runs.</summary>
    private void Keep(Func<ContainerRecord, ContainerRecord> change)
    {
        lock (_gate)
        {
            var changed = change(_record);
            if (changed == _record)
            {
                return;
            }

            _record = changed;
            try
            {
                _with.Store.Write(changed);
            }
            catch (IOException failure)
            {
                LogNotKept(Name, failure.Message);
            }
        }
    }

    private void Tell(ContainerNoticeKind kind, string reason = "") => _with.Tell(new ContainerNotice(kind, Name.Value, reason));

    private static bool IsExpected(Exception failure) => failure is VmToolsException or IOException or UnauthorizedAccessException;
}
