using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using VmTools.Linux;
using VmTools.Linux.ProcessControl;

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

    /// <summary>Starts the program and, where the spec says so, waits for its end; cancelling ends the wait only.</summary>
    public async Task<LaunchOutcome> LaunchAsync(LaunchSpec spec, CancellationToken cancel)
    {
        // Ours for as long as the program may be started again, whatever becomes of the caller's.
        spec = spec with { Inherited = spec.Inherited?.Duplicate() };
        var pace = new RespawnPace(_clock, spec.IsNeeded);
        var child = _stopping.IsCancellationRequested ? null : TrySpawn(spec, pace);
        if (child is null && !spec.IsNeeded)
        {
            spec.Inherited?.Dispose();
            return new LaunchOutcome(LaunchState.Failed);
        }

        Watch(spec, child, pace);
        return spec.WaitForExit && child is not null
            ? LaunchOutcome.Of(await child.Exited.WaitAsync(cancel))
            : new LaunchOutcome(child is null ? LaunchState.Failed : LaunchState.Launched);
    }

    /// <summary>The running child whose first argument is exactly this, if there is one.</summary>
    public ChildProcess? Find(string name) =>
        _running.Values.FirstOrDefault(entry => entry.Name == name).Child;

    /// <summary>Starts nothing from now on, again or at all: the machine is going down.</summary>
    public void StopStarting() => _stopping.Cancel();

    /// <summary>Ends the watching, not the children.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_watches.Keys);
        _stopping.Dispose();
    }

    private ChildProcess? TrySpawn(LaunchSpec spec, RespawnPace pace)
    {
        var name = spec.Arguments[0];
        pace.Started();
        try
        {
            using var console = spec.UseConsole
                ? FdHandle.Open("/dev/console", OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal)
                : null;
            var child = ChildProcess.Spawn(RequestOf(spec, console), _reaper);
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

    private SpawnRequest RequestOf(LaunchSpec spec, FdHandle? console)
    {
        var environment = new Dictionary<string, string>(_environment, StringComparer.Ordinal);
        foreach (var (name, value) in spec.Environment)
        {
            environment[name] = value;
        }

        return new SpawnRequest(spec.Program ?? spec.Arguments[0], spec.Arguments)
        {
            Environment = environment,
            NewSession = true,
            Umask = ChildUmask,
            SearchPath = true,
            OwnMounts = spec.OwnMounts,
            StandardInput = console,
            StandardOutput = console,
            StandardError = console,
            PassFds = spec.Inherited is null ? [] : [spec.Inherited],
        };
    }

    private void Watch(LaunchSpec spec, ChildProcess? child, RespawnPace pace)
    {
        var watch = WatchAsync(spec, child, pace);
        _watches[watch] = true;
        _ = watch.ContinueWith(done => _watches.TryRemove(done, out _), TaskScheduler.Default);
    }

    /// <summary>Follows one spec through all its lives.</summary>
    private async Task WatchAsync(LaunchSpec spec, ChildProcess? first, RespawnPace pace)
    {
        using var inherited = spec.Inherited;
        for (var child = first; ; child = TrySpawn(spec, pace))
        {
            if (child is not null && !await EndedAsync(spec, child))
            {
                return;
            }

            if (!await MayStartAgainAsync(spec, pace))
            {
                return;
            }
        }
    }

    /// <summary>Waits as long as the pace wants; false when the program is not to be started again.</summary>
    private async Task<bool> MayStartAgainAsync(LaunchSpec spec, RespawnPace pace)
    {
        if (pace.PauseBeforeNext() is not { } pause)
        {
            LogGivenUp(spec.Arguments[0]);
            return false;
        }

        if (pause > TimeSpan.Zero)
        {
            LogLater(spec.Arguments[0], pause.TotalSeconds);
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
    private async Task<bool> EndedAsync(LaunchSpec spec, ChildProcess child)
    {
        try
        {
            var status = await child.Exited.WaitAsync(_stopping.Token);
            _running.TryRemove(child.Pid, out _);
            LogEnded(spec.Arguments[0], child.Pid, status.Code, status.KilledBy);
        }
        catch (OperationCanceledException)
        {
            return false;
        }

        if (!spec.Respawn || _stopping.IsCancellationRequested)
        {
            return false;
        }

        _reportFailure(Path.GetFileName(spec.Arguments[0]));
        return true;
    }

    [LoggerMessage(1101, LogLevel.Information, "started {Program} as process {Pid}")]
    private partial void LogStarted(string program, int pid);

    [LoggerMessage(1102, LogLevel.Error, "could not start {Program}: {Reason}")]
    private partial void LogNotStarted(string program, string reason);

    [LoggerMessage(1103, LogLevel.Information, "{Program} (process {Pid}) has ended: status {Status}, signal {Signal}")]
    private partial void LogEnded(string program, int pid, int? status, Signal? signal);

    [LoggerMessage(1104, LogLevel.Error, "{Program} is not started again")]
    private partial void LogGivenUp(string program);

    [LoggerMessage(1106, LogLevel.Error, "{Program} ends too often; it is started again in {Seconds} s")]
    private partial void LogLater(string program, double seconds);
}
