using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VmTools.Linux;

namespace VmTools.Guest.Maitred.Supervision;

/// <summary>
/// Starts programs and keeps those alive that shall be. Nothing here waits for a child on a thread of its own, and nothing a
/// child or the host does can hold up the start of another.
/// </summary>
internal sealed partial class Supervisor : IAsyncDisposable
{
    private const UnixFileMode ChildUmask = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private readonly Reaper _reaper;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly Action<string> _reportFailure;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly ConcurrentDictionary<int, (string Name, ChildProcess Child)> _running = new();
    private readonly ConcurrentDictionary<Task, bool> _watches = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <param name="reaper">Collects the exits.</param>
    /// <param name="environment">What every child's environment begins with.</param>
    /// <param name="reportFailure">Told the name of each process that ended although it was to stay; must not block.</param>
    /// <param name="clock">For the respawn window.</param>
    /// <param name="log">Where ends and failed starts are noted.</param>
    public Supervisor(
        Reaper reaper, IReadOnlyDictionary<string, string> environment, Action<string> reportFailure, TimeProvider clock, ILogger log) =>
        (_reaper, _environment, _reportFailure, _clock, _log) = (reaper, environment, reportFailure, clock, log);

    /// <summary>Starts the program and, where the order says so, waits for its end; cancelling ends the wait only.</summary>
    public async Task<LaunchOutcome> LaunchAsync(LaunchOrder order, CancellationToken cancel)
    {
        // Ours for as long as the program may be started again, whatever becomes of the caller's.
        order = order with { Inherited = order.Inherited?.Duplicate() };
        var pace = new RespawnPace(_clock, order.IsNeeded);
        var child = _stopping.IsCancellationRequested ? null : TrySpawn(order, pace);
        if (child is null && !order.IsNeeded)
        {
            order.Inherited?.Dispose();
            return new LaunchOutcome(LaunchState.Failed);
        }

        Watch(order, child, pace);
        return order.WaitForExit && child is not null
            ? LaunchOutcome.Of(await child.Exited.WaitAsync(cancel))
            : new LaunchOutcome(child is null ? LaunchState.Failed : LaunchState.Launched);
    }

    /// <summary>The running child whose first argument is exactly this, if there is one.</summary>
    public ChildProcess? Find(string name) =>
        _running.Values.FirstOrDefault(entry => entry.Name == name).Child;

    /// <summary>From now on nothing is started, again or at all: the machine is going down.</summary>
    public void StopStarting() => _stopping.Cancel();

    /// <summary>Ends the watching, not the children.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_watches.Keys);
        _stopping.Dispose();
    }

    private ChildProcess? TrySpawn(LaunchOrder order, RespawnPace pace)
    {
        var name = order.Arguments[0];
        pace.Started();
        try
        {
            using var console = order.UseConsole
                ? FdHandle.Open("/dev/console", OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal)
                : null;
            var child = ChildProcess.Spawn(RequestOf(order, console), _reaper);
            _running[child.Pid] = (name, child);
            LogStarted(name, child.Pid);
            return child;
        }
        catch (LinuxException failure)
        {
            LogNotStarted(name, failure.Message);
            return null;
        }
    }

    private SpawnRequest RequestOf(LaunchOrder order, FdHandle? console)
    {
        var environment = new Dictionary<string, string>(_environment, StringComparer.Ordinal);
        foreach (var (name, value) in order.Environment)
        {
            environment[name] = value;
        }

        return new SpawnRequest(order.Program ?? order.Arguments[0], order.Arguments)
        {
            Environment = environment,
            NewSession = true,
            Umask = ChildUmask,
            SearchPath = true,
            OwnMounts = order.OwnMounts,
            StandardInput = console,
            StandardOutput = console,
            StandardError = console,
            PassFds = order.Inherited is null ? [] : [order.Inherited],
        };
    }

    private void Watch(LaunchOrder order, ChildProcess? child, RespawnPace pace)
    {
        var watch = WatchAsync(order, child, pace);
        _watches[watch] = true;
        _ = watch.ContinueWith(done => _watches.TryRemove(done, out _), TaskScheduler.Default);
    }

    /// <summary>Follows one order through all its lives.</summary>
    private async Task WatchAsync(LaunchOrder order, ChildProcess? first, RespawnPace pace)
    {
        using var inherited = order.Inherited;
        for (var child = first; ; child = TrySpawn(order, pace))
        {
            if (child is not null && !await EndedAsync(order, child))
            {
                return;
            }

            if (!await MayStartAgainAsync(order, pace))
            {
                return;
            }
        }
    }

    /// <summary>Waits as long as the pace wants; false when the program is not to be started again.</summary>
    private async Task<bool> MayStartAgainAsync(LaunchOrder order, RespawnPace pace)
    {
        if (pace.PauseBeforeNext() is not { } pause)
        {
            LogGivenUp(order.Arguments[0]);
            return false;
        }

        if (pause > TimeSpan.Zero)
        {
            LogLater(order.Arguments[0], pause.TotalSeconds);
        }

        try
        {
            await Task.Delay(pause, _clock, _stopping.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>True when the child has ended and is to be started again.</summary>
    private async Task<bool> EndedAsync(LaunchOrder order, ChildProcess child)
    {
        try
        {
            var status = await child.Exited.WaitAsync(_stopping.Token);
            _running.TryRemove(child.Pid, out _);
            LogEnded(order.Arguments[0], child.Pid, status.Code, status.KilledBy);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        if (!order.Respawn || _stopping.IsCancellationRequested)
        {
            return false;
        }

        _reportFailure(Path.GetFileName(order.Arguments[0]));
        return true;
    }

    [LoggerMessage(EventId = 1101, Level = LogLevel.Information, Message = "started {Program} as process {Pid}")]
    private partial void LogStarted(string program, int pid);

    [LoggerMessage(EventId = 1102, Level = LogLevel.Error, Message = "could not start {Program}: {Reason}")]
    private partial void LogNotStarted(string program, string reason);

    [LoggerMessage(EventId = 1103, Level = LogLevel.Information, Message = "{Program} (process {Pid}) has ended: status {Status}, signal {Signal}")]
    private partial void LogEnded(string program, int pid, int? status, Signal? signal);

    [LoggerMessage(EventId = 1104, Level = LogLevel.Error, Message = "{Program} is not started again")]
    private partial void LogGivenUp(string program);

    [LoggerMessage(EventId = 1106, Level = LogLevel.Error, Message = "{Program} ends too often; it is started again in {Seconds} s")]
    private partial void LogLater(string program, double seconds);
}
