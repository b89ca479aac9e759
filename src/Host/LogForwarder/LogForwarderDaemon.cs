using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Daemon;
using VmTools.Host.Instance;
using VmTools.Host.LogForwarder.Api;
using VmTools.Host.LogForwarder.Batches;
using VmTools.Host.LogForwarder.Files;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogForwarder.Syslog;
using VmTools.Host.Sandbox;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.LogForwarder;

/// <summary>
/// The program vmlog_forwarder: 1. its sandbox, 2. one daemon per instance, 3. the bus, 4. the port on which guests send their
/// logs, 5. the name, 6. service until SIGTERM, SIGINT or the end of the bus. A batch in hand is finished before the end.
/// </summary>
internal sealed partial class LogForwarderDaemon(DaemonProgram program, ForwarderOptions options)
{
    /// <summary>A guest sends one batch at a time; what else it opens would only make us hold more of it.</summary>
    internal static readonly GrpcLimits Limits = new() { MessageBytes = 64 * 1024, ConnectionsPerPeer = 4, StreamsPerConnection = 4 };

    private readonly HostInstance _instance = program.Instance;
    private readonly ILogger _log = program.Log;

    public static Task<int> RunAsync(string[] arguments) => DaemonProgram.RunAsync(
        ForwarderOptions.Program,
        arguments,
        static () => ForwarderHelp.Text,
        program => new LogForwarderDaemon(
            program, ForwarderOptions.Parse(arguments, program.UsualBus, ForwarderOptions.FileOf(program.Instance.Uid, program.Instance.Environment))).RunAsync());

    private async Task RunAsync()
    {
        // 1.
        var sandbox = DaemonSandbox.OfInstance(_instance, ForwarderOptions.FileOf(_instance.Uid, _instance.Environment).Path);
        sandbox.Enter();
        using var end = new TerminationSignal();
        sandbox.Close(_log);

        // 2.
        using var claim = await program.TakeInstanceAsync(options.Bus);

        // 3.
        await using var bus = await program.OpenBusAsync(options.Bus);
        await using var stopped = await bus.SubscribeAsync(
            new MatchRule { Sender = ConciergeBus.Name, Path = ConciergeBus.Path, Interface = ConciergeBus.Interface, Member = "VmStoppedSignal" },
            CancellationToken.None);

        // 4.
        var counters = new ForwarderCounters();
        await using var syslog = options.Settings.Syslog ? new HostSyslog(options.Settings.SyslogSocket, counters, _instance.Clock, _log) : null;
        await using var vms = new VmDirectory(_instance.Directories, new ForwarderParts(options.Settings, counters, _instance.Clock) { Syslog = syslog });
        await using var server = await ListenAsync(new LogCollectorService(new CollectLogs(vms, counters)));

        // 5.
        await bus.ServeAsync(new ForwarderObject(counters, _instance.Uid).Build());
        await DaemonProgram.TakeNameAsync(bus, options.Bus, LogForwarderBus.Name);
        program.LimitLog();
        await using var keeper = new LogKeeper(_instance.Directories.State, new TidyLogs(options.Settings.Files, _instance.Clock), _instance.Clock, _log);
        keeper.Start();
        LogServing(options.Bus, _instance.Directories.Runtime);

        // 6.
        var news = HearAsync(stopped, vms);
        try
        {
            await DaemonProgram.UntilEndAsync(end, bus, server.Ended);
        }
        finally
        {
            await stopped.DisposeAsync();
            await news;
        }
    }

    private async Task<GrpcServer> ListenAsync(LogCollectorService service)
    {
        var directory = _instance.Directories.Vsock;
        PrivateDirectory.Ensure(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var carrier = new UserVsock(directory, new DeviceDirectory(directory), _instance.Clock);
        return await GrpcServer.StartAsync(
            new GrpcServerOptions
            {
                Listener = await carrier.ListenAsync(Ports.LogCollector, CancellationToken.None),
                Services = [binder => LogCollector.BindService(binder, service)],
                AcceptPeer = static cid => cid.IsGuest,
                Logger = _log,
                Clock = _instance.Clock,
                Limits = Limits,
            },
            CancellationToken.None);
    }

    /// <summary>Ends with the subscription.</summary>
    private static async Task HearAsync(BusSubscription stopped, VmDirectory vms)
    {
        try
        {
            await foreach (var signal in stopped.ReadAllAsync(CancellationToken.None))
            {
                using var body = signal.Body;
                await vms.StoppedAsync(new Cid((uint)VmStoppedSignal.Parser.ParseFrom(body.Bytes(0).Span).Cid));
            }
        }
        catch (DBusException)
        {
            // The bus has gone, which ends the daemon.
        }
    }

    [LoggerMessage(3200, LogLevel.Information, "Serving on bus {Bus}, runtime directory {Runtime}")]
    private partial void LogServing(string bus, string runtime);
}
