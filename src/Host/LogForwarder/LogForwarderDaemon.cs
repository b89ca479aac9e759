using Microsoft.Extensions.Logging;
using VmTools.Host.Bus;
using VmTools.Host.Daemon;
using VmTools.Host.Instance;
using VmTools.Host.LogForwarder.Api;
using VmTools.Host.LogForwarder.Batches;
using VmTools.Host.LogForwarder.Counters;
using VmTools.Host.LogForwarder.Files;
using VmTools.Host.LogForwarder.Settings;
using VmTools.Host.LogForwarder.Syslog;
using VmTools.Host.Sandbox;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;

namespace VmTools.Host.LogForwarder;

/// <summary>
/// The program vmlog_forwarder: 1. its sandbox, 2. one daemon per instance, 3. the bus, 4. the port on which guests send their
/// logs, 5. the name, 6. service until SIGTERM, SIGINT or the end of the bus. A batch in hand is finished before
/// the end. Its memory, in which what guests sent is, is not dumped.
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
        program =>
        {
            var file = ForwarderOptions.FileOf(program.Instance.Uid, program.Instance.Environment);
            return new LogForwarderDaemon(program, ForwarderOptions.Parse(arguments, program.UsualBus, file)).RunAsync();
        });

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
        await using var stopped = await StoppedVms.SubscribeAsync(bus);

        // 4.
        var counters = new ForwarderCounters();
        await using var syslog = options.Settings.Syslog
            ? new HostSyslog(options.Settings.SyslogSocket, counters, _instance.Clock, _log)
            : null;
        await using var collect = new CollectLogs(_instance.Directories, options.Settings, counters, syslog, _instance.Clock);
        var service = new LogCollectorService(collect);
        await using var server = await GuestPort.ServeAsync(
            _instance, Ports.LogCollector, binder => LogCollector.BindService(binder, service), Limits, _log);

        // 5.
        await bus.ServeAsync(new ForwarderObject(counters, _instance.Uid, _log).Build());
        await DaemonProgram.TakeNameAsync(bus, options.Bus, LogForwarderBus.Name);
        program.LimitLog();
        var tidy = new TidyLogs(options.Settings.Files, _instance.Clock);
        await using var keeper = new LogKeeper(_instance.Directories.State, tidy, _instance.Clock, _log);
        keeper.Start();
        LogServing(options.Bus, _instance.Directories.Runtime);

        // 6.
        await using var hearing = new StoppedVms(stopped, collect);
        await DaemonProgram.UntilEndAsync(end, bus, server.Ended);
    }

    [LoggerMessage(3200, LogLevel.Information, "Serving on bus {Bus}, runtime directory {Runtime}")]
    private partial void LogServing(string bus, string runtime);
}
