using Microsoft.Extensions.Logging;
using VmTools.Guest.HostCall;
using VmTools.Guest.Log;
using VmTools.Guest.Maitred.Api;
using VmTools.Guest.Maitred.Boot;
using VmTools.Guest.Maitred.Disks;
using VmTools.Guest.Maitred.Network;
using VmTools.Guest.Maitred.Shutdown;
using VmTools.Guest.Maitred.Startup;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Guest.Maitred.Termina;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Maitred;

/// <summary>
/// maitred at work: serves the host until the VM is shut down. The ports are open before the host hears that the VM is ready,
/// so a call that comes at once only waits in the kernel; everything that can wait comes after.
/// </summary>
internal sealed partial class MaitredServer(BootedMachine machine, Reaper reaper, TimeProvider clock)
{
    /// <summary>How long drivers wait for a host that does not answer at once: their turn is after the VM is ready.</summary>
    private static readonly TimeSpan DriverPatience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// After the host has set the VM up, programs and shells come first: the kernel keeps its records, and the log's socket its datagrams.
    /// </summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    /// <summary>How long after VmReady the host may set the VM up without having the shell server start beside it.</summary>
    private static readonly TimeSpan SetUpLimit = TimeSpan.FromSeconds(5);

    private readonly KernelVsock _carrier = new(clock);
    private readonly KernelLog _log = machine.Log;
    private readonly TaskCompletionSource _driversLoaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _setUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _hostLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Returns when the VM has been shut down (init), or when <paramref name="stop"/> says so.</summary>
    public async Task RunAsync(bool isInit, CancellationToken stop)
    {
        await using var reports = new FailureReports(new CrashListenerCall(_carrier, clock));
        await using var supervisor = new Supervisor(reaper, ChildEnvironment(isInit), reports.Add, clock, _log);
        var logSocket = isInit ? LogSocket.Bind() : null;
        var shutDown = new ShutDown(supervisor, () => logSocket is not null && LogSocket.HasMessages(logSocket), clock, _log);
        var names = new SetResolvConfig(ResolvConf.FilePath, _log);
        var disks = new MountVolume(supervisor, _driversLoaded.Task, _log);
        using var termina = new StartTermina(supervisor, disks, _driversLoaded.Task, _log);
        var service = new MaitredService(
            new ConfigureNetwork(_driversLoaded.Task),
            names,
            new LaunchProcess(supervisor),
            disks,
            termina,
            isInit ? shutDown : new ShutDownElsewhere());
        names.Run(ResolvConf.DefaultServers, []);
        var listener = await _carrier.ListenAsync(Ports.Maitred, stop);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var logDaemon =
            logSocket is null ? null : AgentPrograms.StartLogDaemon(logSocket, supervisor, QuietAsync(ending.Token));
        await using var logGuard = logSocket is null
            ? null
            : new LogSocketGuard(logSocket, LogSocket.FilePath, () => supervisor.Find(AgentPrograms.Syslog) is not null, clock, _log);
        if (!machine.Arguments.NoStartupProcesses)
        {
            await new StartupEntries(supervisor, clock, _log).RunAsync(StartupEntries.DefaultDirectory, stop);
        }

        var shells = isInit ? AgentPrograms.ListenForShells() : null;
        var host = new StartupListenerCall(_carrier, new VsockPort(machine.Arguments.ListenPort), clock);
        var ready = new ReadyMessage(host, clock, _log).SendAsync(ending.Token);
        var options = service.OptionsFor(listener, () => _hostLeft.TrySetResult(), clock, _log);
        await using var server = await HostPort.OpenAsync(_carrier, options, stop);
        await using var shellServer =
            shells is null ? null : AgentPrograms.StartShellServer(shells, supervisor, SetUpAsync(ready, ending.Token));
        LogServing();
        await Task.WhenAny(ready, Task.Delay(DriverPatience, clock, ending.Token));
        LoadDrivers(stop);
        await Task.WhenAny(shutDown.Done, Task.Delay(Timeout.InfiniteTimeSpan, clock, ending.Token));
        await EndAsync(ready, ending);
    }

    private static async Task EndAsync(Task ready, CancellationTokenSource ending)
    {
        await ending.CancelAsync();
        try
        {
            await ready;
        }
        catch (OperationCanceledException)
        {
            // The VM goes down before the host has heard of it.
        }
    }

    /// <summary>
    /// The host has set the VM up: it has said what it had to say and closed the connection, or takes its time. Started earlier, vshd would
    /// compete with the calls for which the person who starts the VM waits.
    /// </summary>
    private async Task SetUpAsync(Task ready, CancellationToken cancel)
    {
        await ready;
        await Task.WhenAny(_hostLeft.Task, Task.Delay(SetUpLimit, clock, cancel));
        _setUp.TrySetResult();
    }

    private async Task QuietAsync(CancellationToken cancel)
    {
        await _setUp.Task.WaitAsync(cancel);
        await Task.Delay(Settling, clock, cancel);
    }

    private void LoadDrivers(CancellationToken cancel)
    {
        machine.Modules?.LoadLater(RootSwitch.ModulesAfterwards, cancel);
        _driversLoaded.SetResult();
        LogDriversLoaded();
    }

    private static Dictionary<string, string> ChildEnvironment(bool isInit) => isInit
        ? new Dictionary<string, string> { ["PATH"] = "/usr/bin:/usr/sbin:/bin:/sbin" }
        : Processes.OwnEnvironment();

    [LoggerMessage(1061, LogLevel.Information, "serving the host")]
    private partial void LogServing();

    [LoggerMessage(1062, LogLevel.Information, "all drivers are loaded")]
    private partial void LogDriversLoaded();
}
