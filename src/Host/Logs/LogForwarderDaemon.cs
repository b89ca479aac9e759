using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Instance;
using VmTools.Host.Logs.Border;
using VmTools.Host.Logs.Resources;
using VmTools.Host.Logs.Settings;
using VmTools.Host.Logs.Verbs;
using VmTools.Host.Settings;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Messages.Concierge;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Logs;

/// <summary>
/// The program vmlog_forwarder: 1. one daemon per runtime directory, 2. the bus, 3. the port on which guests send their logs,
/// 4. the name, 5. service until SIGTERM, SIGINT or the end of the bus. A batch in hand is finished before the end.
/// </summary>
internal sealed partial class LogForwarderDaemon(HostInstance instance, ForwarderOptions options, ILogger log)
{
    private const int Failed = 1;
    private const int Usage = 2;

    /// <summary>Another daemon serves this instance, which is no failure of the system.</summary>
    private const int AlreadyRunning = 3;

    /// <summary>A guest sends one batch at a time; what else it opens would only make us hold more of it.</summary>
    internal static readonly GrpcLimits Limits = new() { MessageBytes = 64 * 1024, ConnectionsPerPeer = 4, StreamsPerConnection = 4 };

    public static async Task<int> RunAsync(string[] arguments)
    {
        var instance = HostInstance.OfCaller();
        if (new DaemonArguments(ForwarderOptions.Program, arguments).AskForHelp)
        {
            await Console.Out.WriteAsync(ForwarderHelp.Text);
            return 0;
        }

        try
        {
            var options = ForwarderOptions.Parse(
                arguments, DaemonBus.Of(instance.Environment, instance.Uid), ForwarderOptions.FileOf(instance.Uid, instance.Environment));
            return await new LogForwarderDaemon(instance, options, LineLog.ToStandardError(ForwarderOptions.Program, instance.Clock)).RunAsync();
        }
        catch (Exception refused) when (refused is VmToolsException or DBusException)
        {
            await Console.Error.WriteLineAsync($"vmlog_forwarder: {refused.Message}");
            return refused is VmToolsException { Kind: ErrorKind.InvalidArgument } ? Usage : Failed;
        }
    }

    private async Task<int> RunAsync()
    {
        using var end = new EndRequest();

        // 1.
        instance.EnsureRuntime();
        using var only = FileLock.TryTake(Path.Combine(instance.Directories.Runtime, "vmlog_forwarder.lock"));
        if (only is null)
        {
            await Console.Error.WriteLineAsync($"vmlog_forwarder: Another vmlog_forwarder serves {instance.Directories.Runtime} already.");
            return AlreadyRunning;
        }

        // 2.
        await using var bus = await BusConnection.OpenAsync(options.Bus, instance.Clock, CancellationToken.None);
        await using var stopped = await bus.SubscribeAsync(
            new MatchRule { Sender = ConciergeBus.Name, Path = ConciergeBus.Path, Interface = ConciergeBus.Interface, Member = "VmStoppedSignal" },
            CancellationToken.None);

        // 3.
        var counters = new ForwarderCounters();
        await using var syslog = options.Settings.Syslog ? new HostSyslog(options.Settings.SyslogSocket, counters, instance.Clock, log) : null;
        await using var vms = new VmDirectory(instance.Directories, new ForwarderParts(options.Settings, counters, instance.Clock) { Syslog = syslog });
        await using var server = await ListenAsync(new LogCollectorService(new CollectLogs(vms, counters)));

        // 4.
        await bus.ServeAsync(new ForwarderObject(counters, instance.Uid).Build());
        if (await bus.RequestNameAsync(LogForwarderBus.Name, CancellationToken.None) != NameOutcome.Owned)
        {
            await Console.Error.WriteLineAsync($"vmlog_forwarder: The bus {options.Bus} has another {LogForwarderBus.Name} already.");
            return AlreadyRunning;
        }

        await using var keeper = new LogKeeper(instance.Directories.State, new TidyLogs(options.Settings.Files, instance.Clock), instance.Clock, log);
        keeper.Start();
        LogServing(options.Bus, instance.Directories.Runtime);

        // 5.
        var news = HearAsync(stopped, vms);
        var first = await Task.WhenAny(end.Asked, bus.Closed);
        await stopped.DisposeAsync();
        await news;
        return first == bus.Closed ? Failed : 0;
    }

    private async Task<GrpcServer> ListenAsync(LogCollectorService service)
    {
        var directory = instance.Directories.Vsock;
        PrivateDirectory.Ensure(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var carrier = new UserVsock(directory, new DeviceDirectory(directory), instance.Clock);
        return await GrpcServer.StartAsync(
            new GrpcServerOptions
            {
                Listener = await carrier.ListenAsync(Ports.LogCollector, CancellationToken.None),
                Services = [binder => LogCollector.BindService(binder, service)],
                AcceptPeer = static cid => cid.IsGuest,
                Logger = log,
                Clock = instance.Clock,
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
