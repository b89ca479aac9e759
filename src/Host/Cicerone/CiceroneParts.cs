using Microsoft.Extensions.Logging;
using VmTools.Host.CrashStore;
using VmTools.DBus;
using VmTools.Host.Cicerone.Api;
using VmTools.Host.Cicerone.Crashes;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Cicerone;

/// <summary>The daemon put together, from the store up to the port on which guests tell of crashes.</summary>
internal sealed class CiceroneParts : IAsyncDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Of metadata and process tree, which are cut to less where they are more.</summary>
    private const int BytesBesideDump = 512 * 1024;

    private readonly CrashReports _store;
    private readonly CiceroneCounters _counters = new();
    private readonly UploadHook? _hook;
    private readonly CrashListenerService _service;
    private GrpcServer? _server;

    private CiceroneParts(HostInstance instance, CrashSettings settings, BusConnection bus, ILogger log)
    {
        var (directories, clock) = (instance.Directories, instance.Clock);
        var consent = CrashConfiguration.ConsentOf(instance.Uid, instance.Environment);
        _store = new CrashReports(directories, settings.Limits, clock);
        var keeping = new ReportKeeping(new VmLookup(Vms, new RunningVms(directories.Records)), consent, _store)
        {
            Clock = clock,
            HostRelease = HostRelease.Read(),
        };
        _hook = settings.UploadHook is { } path ? new UploadHook(new UploadProgram(path, settings.UploadLimit), _counters, clock, log) : null;
        _service = new CrashListenerService(
            new TakeCrash(keeping, settings.Limits, new ReportAllowance(settings.ReportBurst, settings.ReportsPerHour, clock)),
            new TakeFailure(keeping, new ReportAllowance(settings.ReportBurst, settings.ReportsPerHour, clock)),
            consent,
            new ReportEvents(new ReportAudience(new CrashSignals(bus).Send, _hook), _counters, new RefusalThrottle(clock), log));
    }

    public VmTable Vms { get; } = new();

    /// <summary>Completes when guests can no longer tell of crashes.</summary>
    public Task<VmToolsException?> ServerEnded => _server!.Ended;

    public CiceroneStatus ReadStatus() => _counters.Read(Vms.Count);

    public static async Task<CiceroneParts> ComposeAsync(HostInstance instance, CrashSettings settings, BusConnection bus, ILogger log)
    {
        var parts = new CiceroneParts(instance, settings, bus, log);
        parts._store.ClearUnfinished();
        var directory = instance.Directories.Vsock;
        PrivateDirectory.Ensure(directory, Private);
        var carrier = new UserVsock(directory, new DeviceDirectory(directory), instance.Clock);
        parts._server = await GrpcServer.StartAsync(
            new GrpcServerOptions
            {
                Listener = await carrier.ListenAsync(Ports.CrashListener, CancellationToken.None),
                Services = [binder => CrashListener.BindService(binder, parts._service)],
                AcceptPeer = static cid => cid.IsGuest,
                Logger = log,
                Clock = instance.Clock,
                Limits = LimitsFor(settings.Limits),
            },
            CancellationToken.None);
        return parts;
    }

    /// <summary>A guest handles a few crashes at once, each with one call at a time; what else it opens would only make us hold more of it.</summary>
    internal static GrpcLimits LimitsFor(CrashLimits limits) => new()
    {
        MessageBytes = limits.MaxDumpBytes + BytesBesideDump,
        ConnectionsPerPeer = 8,
        StreamsPerConnection = 2,
    };

    public async ValueTask DisposeAsync()
    {
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_hook?.DisposeAsync() ?? ValueTask.CompletedTask);
        _store.Dispose();
    }
}
