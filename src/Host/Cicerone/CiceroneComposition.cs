using Microsoft.Extensions.Logging;
using VmTools.DBus;
using VmTools.Host.Cicerone.Api;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Crashes;
using VmTools.Host.Cicerone.Garcon;
using VmTools.Host.Cicerone.Transfers;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Cicerone.Zone;
using VmTools.Host.CrashStore;
using VmTools.Host.CrashStore.Settings;
using VmTools.Host.Daemon;
using VmTools.Host.Instance;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Messages.Container;
using VmTools.Protocol.Messages.Tremplin;

namespace VmTools.Host.Cicerone;

/// <summary>The daemon put together, from the store up to the ports on which guests tell of crashes and of containers.</summary>
internal sealed class CiceroneComposition : IAsyncDisposable
{
    /// <summary>Room in a message for metadata and process tree, which are cut to less where they are more.</summary>
    private const int BytesBesideDump = 512 * 1024;

    /// <summary>What a VM may tell of its containers at once and then in an hour: ten a second, more than a busy one does.</summary>
    private const int ContainerNewsBurst = 300;

    private const int ContainerNewsPerHour = 36_000;

    /// <summary>A container host tells of one thing at a time, in a few words.</summary>
    internal static readonly GrpcLimits ContainerLimits = new()
    {
        MessageBytes = 64 * 1024,
        ConnectionsPerPeer = 4,
        StreamsPerConnection = 8,
    };

    /// <summary>A container has one agent that calls, and perhaps a command; their calls are short, and so are the connections.</summary>
    internal static readonly GrpcLimits DoorLimits = new()
    {
        MessageBytes = 64 * 1024,
        ConnectionsPerPeer = 8,
        ConnectionsPerMachine = 128,
        StreamsPerConnection = 8,
        Idle = TimeSpan.FromSeconds(30),
    };

    private readonly CrashReports _store;
    private readonly CiceroneCounters _counters = new();
    private readonly ContainerTable _containers = new();
    private readonly ReadContainers _read;
    private readonly ZoneUpdates _zones;
    private readonly UploadHook? _hook;
    private readonly CrashListenerService _crashes;
    private readonly TremplinListenerService _news;
    private readonly ContainerListenerService _doors;
    private readonly TokenFile _tokens;
    private GrpcServer? _crashServer;
    private GrpcServer? _newsServer;
    private GrpcServer? _doorServer;

    private CiceroneComposition(HostInstance instance, CrashSettings settings, BusConnection bus, ILogger log)
    {
        var (directories, clock) = (instance.Directories, instance.Clock);

        // Which VMs there are.
        var signals = ContainerSignals.On(bus);
        Vms = new VmTable { RunEnded = vm => EndContainers(vm, signals) };
        var lookup = new VmLookup(Vms, new RunningVms(directories.Records));

        // Crashes.
        var consent = CrashConfiguration.ConsentOf(instance.Uid, instance.Environment);
        _store = new CrashReports(directories, settings.Limits, clock);
        var intake = new ReportIntake(lookup, consent, _store, clock, HostRelease.Read());
        _hook = settings.UploadHook is { } path ? new UploadHook(path, settings.UploadLimit, _counters, clock, log) : null;
        _crashes = new CrashListenerService(
            new TakeCrash(intake, settings.Limits, new VmAllowance(settings.ReportBurst, settings.ReportsPerHour, clock)),
            new TakeFailure(intake, new VmAllowance(settings.ReportBurst, settings.ReportsPerHour, clock)),
            consent,
            new ReportEvents(new CrashSignals(bus).Send, _hook, _counters, new RefusalThrottle(clock), log));

        // Containers.
        var carrier = GuestPort.CarrierOf(instance);
        var tremplins = new TremplinConnector(carrier, clock);
        _read = new ReadContainers(tremplins, _containers, signals.ShutDown, log);
        var zones = new SetZone(Vms, _containers, tremplins);
        _zones = new ZoneUpdates(zones, static () => HostZone.Read(), clock, log);
        _news = new TremplinListenerService(
            lookup, _containers, _read, signals, _zones, new VmAllowance(ContainerNewsBurst, ContainerNewsPerHour, clock), log);
        _tokens = new TokenFile(Path.Combine(directories.Runtime, "tokens.json"), _containers, new RunningVms(directories.Records), log);
        _doors = new ContainerListenerService(
            lookup, _containers, new RegisterGarcon(tremplins, _containers, signals.Started), new CallAllowance(clock), log);
        Object = new CiceroneObject(
            [
                new VmMethods(new NotifyVms(Vms, log)),
                new StartLxdMethod(lookup, tremplins),
                new MakeMethods(lookup, tremplins),
                new RunMethods(lookup, tremplins, _containers),
                new UserMethods(lookup, tremplins),
                new ExportMethods(lookup, tremplins),
                new ListMethods(lookup, _read, _containers),
                new TransferMethods(lookup, tremplins, new ClientPresence(bus), new ExportSignals(bus, clock)),
                new SnapshotMethods(lookup, tremplins, new ClientPresence(bus)),
                new GarconMethods(lookup, _containers, new GarconConnector(carrier, clock)),
                new VshSessionMethods(lookup, _containers),
                new EveryVmMethods(Vms, tremplins, zones),
            ],
            () => _counters.Read(Vms.Count),
            instance.Uid,
            log);
    }

    public VmTable Vms { get; }

    public CiceroneObject Object { get; }

    /// <summary>Completes when guests can no longer tell of crashes or of containers.</summary>
    public Task<VmToolsException?> ServersEnded => Task.WhenAny(_crashServer!.Ended, _newsServer!.Ended, _doorServer!.Ended).Unwrap();

    public static async Task<CiceroneComposition> ComposeAsync(
        HostInstance instance, CrashSettings settings, BusConnection bus, ILogger log)
    {
        var composed = new CiceroneComposition(instance, settings, bus, log);
        composed._store.ClearUnfinished();
        composed._tokens.Open();
        composed._crashServer = await GuestPort.ServeAsync(
            instance, Ports.CrashListener, binder => CrashListener.BindService(binder, composed._crashes), LimitsFor(settings.Limits), log);
        composed._newsServer = await GuestPort.ServeAsync(
            instance, Ports.TremplinListener, binder => TremplinListener.BindService(binder, composed._news), ContainerLimits, log);
        composed._doorServer = await GuestPort.ServeAsync(
            instance,
            Ports.ContainerDoor,
            listener => DoorListener.Over(listener, instance.Clock),
            binder => ContainerListener.BindService(binder, composed._doors),
            DoorLimits,
            log);
        return composed;
    }

    /// <summary>A VM was found running: its container host is asked, if it has one.</summary>
    public Task FindContainersAsync(KnownVm vm, CancellationToken cancel) => _read.TryRunAsync(vm, cancel);

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
        await (_crashServer?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_newsServer?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_doorServer?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _zones.DisposeAsync();
        await (_hook?.DisposeAsync() ?? ValueTask.CompletedTask);
        _store.Dispose();
    }

    private void EndContainers(VmId vm, ContainerSignals signals)
    {
        foreach (var name in _containers.Forget(vm))
        {
            signals.ShutDown(vm, name);
        }
    }
}
