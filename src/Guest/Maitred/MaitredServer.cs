using Microsoft.Extensions.Logging;
using VmTools.Guest.Log;
using VmTools.Guest.Maitred.Boot;
using VmTools.Guest.Maitred.Network;
using VmTools.Guest.Maitred.Startup;
using VmTools.Guest.Maitred.Supervision;
using VmTools.Guest.Maitred.Verbs;
using VmTools.Guest.Syslog;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Vsock;

namespace VmTools.Guest.Maitred;

/// <summary>
/// maitred at work: serves the host until the VM is shut down. The ports are open before the host hears that the VM is ready,
/// so a call that comes at once only waits in the kernel; everything that can wait comes after.
/// </summary>
internal sealed partial class MaitredServer(BootedMachine machine, Reaper reaper, TimeProvider clock)
{
    /// <summary>Twice the sessions that vshd has at once: who comes in a burst waits, and who is too many is told so.</summary>
    private const int VshdBacklog = 128;

    private const string SyslogName = "vm_syslog";
    private const string LogSocket = "/dev/log";
    private const UnixFileMode Everybody = (UnixFileMode)0x1B6; // 0666

    /// <summary>How long drivers wait for a host that does not answer at once: their turn is after the VM is ready.</summary>
    private static readonly TimeSpan DriverPatience = TimeSpan.FromSeconds(2);

    /// <summary>Once the VM is set up, programs and shells come first: the kernel keeps its records, and the log's socket its datagrams.</summary>
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
        await using var reports = new FailureReports(_carrier, clock);
        await using var supervisor = new Supervisor(reaper, ChildEnvironment(isInit), reports.Add, clock, _log);
        var shutDown = new ShutDown(supervisor, clock, _log);
        var verbs = VerbsOf(supervisor, isInit ? shutDown : new ShutDownElsewhere());
        verbs.SetResolvConfig.Run(ResolvConf.DefaultServers, []);
        var listener = await _carrier.ListenAsync(Ports.Maitred, stop);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var logSocket = isInit ? UnixSocket.BindDatagram(LogSocket, Everybody) : null;
        await using var logDaemon = logSocket is null ? null : LogDaemon(logSocket, supervisor, QuietAsync(ending.Token));
        await using var logGuard = logSocket is null
            ? null
            : new LogSocketGuard(logSocket, LogSocket, () => supervisor.Find(SyslogName) is not null, clock, _log);
        if (!machine.Arguments.NoStartupProcesses)
        {
            await new StartupEntries(supervisor, clock, _log).RunAsync(StartupEntries.DefaultDirectory, stop);
        }

        var shells = isInit ? VsockSocket.Listen(VsockSocket.AnyCid, Ports.Vshd.Value, VshdBacklog) : null;
        var ready = new ReadyMessage(_carrier, clock, _log).SendAsync(new VsockPort(machine.Arguments.ListenPort), ending.Token);
        await using var server = await ServeAsync(listener, verbs, stop);
        await using var shellServer = shells is null ? null : ShellServer(shells, supervisor, SetUpAsync(ready, ending.Token));
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

    private MaitredVerbs VerbsOf(Supervisor supervisor, IShutDown shutDown) => new(
        new ConfigureNetwork(_driversLoaded.Task),
        new SetResolvConfig(ResolvConf.FilePath, _log),
        new LaunchProcess(supervisor),
        new MountVolume(supervisor, _driversLoaded.Task, _log),
        shutDown);

    /// <summary>Only the host: a program in the VM, root's too, must not command its PID 1 over the loopback.</summary>
    private Task<HostPort> ServeAsync(IVsockListener listener, MaitredVerbs verbs, CancellationToken cancel)
    {
        var service = new MaitredService(verbs);
        return HostPort.OpenAsync(
            _carrier,
            new GrpcServerOptions
            {
                Listener = listener,
                Services = [binder => Protocol.Messages.Maitred.BindService(binder, service)],
                AcceptPeer = peer => peer == Cid.Host,
                ConnectionEnded = () => _hostLeft.TrySetResult(),
                Logger = _log,
                Clock = clock,
            },
            cancel);
    }

    /// <summary>
    /// vshd gets a socket that listens already: nobody is turned away before it runs, or while it is restarted. Started at once
    /// it would compete with the host's first calls, for which somebody waits.
    /// </summary>
    private static SocketActivation ShellServer(FdHandle listener, Supervisor supervisor, Task setUp) => new(
        listener,
        new LaunchOrder
        {
            Program = $"{RootSwitch.AgentDirectory}/vmtools-guest",
            Arguments = ["vshd", "--listen_fd=3"],
            Respawn = true,
            IsNeeded = true,
        },
        supervisor,
        setUp);

    /// <summary>The host has set the VM up: it has said what it had to say and closed the connection, or takes its time.</summary>
    private async Task SetUpAsync(Task ready, CancellationToken cancel)
    {
        await ready;
        await Task.WhenAny(_hostLeft.Task, Task.Delay(SetUpLimit, clock, cancel));
        _setUp.TrySetResult();
    }

    /// <summary>
    /// Before any other service, /dev/log takes datagrams from everybody: whoever logs is never turned away, and waits only while
    /// half a thousand are unread. Whose mount name space is its own can give everything away, the root too.
    /// </summary>
    private static SocketActivation LogDaemon(FdHandle socket, Supervisor supervisor, Task quiet) => new(
        socket,
        new LaunchOrder
        {
            Program = $"{RootSwitch.AgentDirectory}/vmtools-guest",
            Arguments = [SyslogName],
            Environment = new Dictionary<string, string> { [SyslogProgram.SocketVariable] = "1" },
            OwnMounts = true,
            Respawn = true,
            IsNeeded = true,
        },
        supervisor,
        quiet);

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

    private static Dictionary<string, string> ChildEnvironment(bool isInit)
    {
        if (isInit)
        {
            return new Dictionary<string, string> { ["PATH"] = "/usr/bin:/usr/sbin:/bin:/sbin" };
        }

        var own = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            own[(string)variable.Key] = (string?)variable.Value ?? "";
        }

        return own;
    }

    [LoggerMessage(EventId = 1061, Level = LogLevel.Information, Message = "serving the host")]
    private partial void LogServing();

    [LoggerMessage(EventId = 1062, Level = LogLevel.Information, Message = "all drivers are loaded")]
    private partial void LogDriversLoaded();
}
