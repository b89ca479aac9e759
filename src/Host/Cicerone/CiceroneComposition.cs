using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Cicerone.Api;
using VmTools.Host.Cicerone.Crashes;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.CrashStore;
using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Daemon;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Cicerone;

namespace VmTools.Host.Cicerone;

/// <summary>The daemon put together, from the store up to the port on which guests tell of crashes.</summary>
internal sealed class CiceroneComposition : IAsyncDisposable
{
    /// <summary>Room in a message for metadata and process tree, which are cut to less where they are more.</summary>
    private const int BytesBesideDump = 512 * 1024;

    private readonly CrashReports _store;
    private readonly CiceroneCounters _counters = new();
    private readonly UploadHook? _hook;
    private readonly CrashListenerService _service;
    private GrpcServer? _server;

    private CiceroneComposition(HostInstance instance, CrashSettings settings, BusConnection bus, ILogger log)
    {
        var (directories, clock) = (instance.Directories, instance.Clock);
        var consent = CrashConfiguration.ConsentOf(instance.Uid, instance.Environment);
        _store = new CrashReports(directories, settings.Limits, clock);
        var intake = new ReportIntake(new VmLookup(Vms, new RunningVms(directories.Records)), consent, _store, clock, HostRelease.Read());
        _hook = settings.UploadHook is { } path ? new UploadHook(path, settings.UploadLimit, _counters, clock, log) : null;
        _service = new CrashListenerService(
            new TakeCrash(intake, settings.Limits, new ReportAllowance(settings.ReportBurst, settings.ReportsPerHour, clock)),
            new TakeFailure(intake, new ReportAllowance(settings.ReportBurst, settings.ReportsPerHour, clock)),
            consent,
            new ReportEvents(new CrashSignals(bus).Send, _hook, _counters, new RefusalThrottle(clock), log));
    }

    public VmTable Vms { get; } = new();

    /// <summary>Completes when guests can no longer tell of crashes.</summary>
    public Task<VmToolsException?> ServerEnded => _server!.Ended;

    public CiceroneStatus ReadStatus() => _counters.Read(Vms.Count);

    public static async Task<CiceroneComposition> ComposeAsync(
        HostInstance instance, CrashSettings settings, BusConnection bus, ILogger log)
    {
        var composed = new CiceroneComposition(instance, settings, bus, log);
        composed._store.ClearUnfinished();
        composed._server = await GuestPort.ServeAsync(
            instance, Ports.CrashListener, binder => CrashListener.BindService(binder, composed._service), LimitsFor(settings.Limits), log);
        return composed;
    }

    /// <summary>
    /// A guest handles a few crashes at once, each with one call at a time; what else it opens would only make us hold more of it.
    /// </summary>
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
