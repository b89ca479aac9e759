using Microsoft.Extensions.Logging;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Api;
using VmTools.Host.Concierge.Device;
using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.Logs;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.Siblings;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.Daemon;
using VmTools.Host.HostFacts;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Concierge;

/// <summary>The daemon put together, from the resources up to the object on the bus.</summary>
internal sealed class ConciergeParts : IAsyncDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly UserVsock _carrier;
    private readonly VmRegistry _registry = new();
    private readonly PendingGuests _pending = new();
    private readonly IVmEvents _news;
    private readonly DiskStore _store;
    private readonly DiskFormatter _formatter;
    private readonly SiblingDaemon _logs;
    private readonly SiblingDaemon _cicerone;
    private readonly CiceroneNotifier _ciceroneNews;
    private readonly LogMethods _logMember;
    private GrpcServer? _startup;

    private ConciergeParts(HostInstance instance, ConciergeOptions options, ConciergeEdges edges, DaemonRecord self)
    {
        var directories = instance.Directories;
        _clock = instance.Clock;
        _log = edges.Log;
        _ciceroneNews = new CiceroneNotifier(edges, _clock);
        _news = new VmEventFanout([new VmEventSignals(edges.Bus), _ciceroneNews]);
        _store = new DiskStore(directories);
        var companions = new CompanionSurroundings(instance, options.Bus, () => _registry.All.Count > 0);
        _logs = new SiblingDaemon(Sibling.LogForwarder, edges, companions);
        _cicerone = new SiblingDaemon(Sibling.Cicerone, edges, companions);
        _formatter = new DiskFormatter(new HostTools(edges.Reaper, _clock));
        var deviceDirectory = new DeviceDirectory(directories.Vsock);
        _carrier = new UserVsock(directories.Vsock, deviceDirectory, _clock);
        var vmms = new VmmLauncher(instance.Environment, edges.Reaper, _log);
        var guests = new GuestConnector(_carrier, _clock);
        var shutdown = new ShutdownSequence(vmms, guests, _clock, _log);
        var around = new VmSurroundings(_registry, _news, shutdown, directories)
        {
            Endings = new VmEndings(directories, _log),
            Vmms = vmms,
            Guests = guests,
            Clock = _clock,
        };
        var resources = new StartResources
        {
            Directories = directories,
            Vmms = vmms,
            Devices = new DeviceLauncher(Path.Combine(instance.ProgramDirectory, "vm_vsock"), directories, edges.Reaper, _clock),
            Networks = new SlirpLauncher(instance.Environment, edges.Reaper, _log),
            Guests = guests,
            Images = new GuestImages(directories.Image),
            Memory = new HostMemory(),
            MemoryMiB = options.MemoryMiB,
            Cids = new Cids(new CidFile(Path.Combine(directories.Runtime, "next_cid")), _clock),
            Records = new VmRecords(directories.Records, self.BootId, _log),
            DeviceDirectory = deviceDirectory,
            Disks = new DiskPreparation(_formatter, _clock),
            OwnDisk = new OwnDisk(_registry, _store, new DiskMaker(_store, _formatter)),
            Pending = _pending,
            Shutdown = shutdown,
            EnsureCompanions = () => Task.WhenAll(_logs.EnsureAsync(), _cicerone.EnsureAsync()),
        };
        Adopt = new AdoptVms(resources, around, _clock, _log);
        _logMember = new LogMethods(new GetVmLogs(directories, _clock), _clock);
        Object = new ConciergeObject(new VmMethods(VmVerbsOf(resources, around), _log), _logMember, new DiskMethods(DiskVerbsOf()), self, instance.Uid, _log);
    }

    public ConciergeObject Object { get; }

    public AdoptVms Adopt { get; }

    /// <summary>Completes when guests can no longer say that they are ready.</summary>
    public Task<VmToolsException?> StartupEnded => _startup!.Ended;

    /// <summary>Whether there are VMs or work on disks.</summary>
    public bool IsBusy => _registry.IsBusy;

    public static async Task<ConciergeParts> ComposeAsync(
        HostInstance instance, ConciergeOptions options, ConciergeEdges edges, DaemonRecord self)
    {
        EnsureDirectories(instance.Directories);
        var parts = new ConciergeParts(instance, options, edges, self);
        parts._store.ClearUnfinished();
        parts._startup = await parts.ListenAsync(instance);
        return parts;
    }

    /// <summary>Takes the VMs of a former daemon back, which may have nobody to send logs and crashes to; returns those that were not.</summary>
    public async Task<IReadOnlyList<VmSnapshot>> AdoptAsync()
    {
        var ended = await Adopt.RunAsync();
        _logs.Watch();
        _cicerone.Watch();
        return ended;
    }

    /// <summary>Calls off the starts, waits for the stops, and leaves what runs to the next daemon.</summary>
    public async Task LeaveAsync(TimeSpan limit)
    {
        _registry.Close();
        var vms = _registry.All;
        foreach (var vm in vms)
        {
            vm.Abandon();
        }

        try
        {
            await Task.WhenAll(vms.Select(vm => vm.DisposeAsync().AsTask())).WaitAsync(limit, _clock);
        }
        catch (TimeoutException)
        {
            // A stop that takes longer goes on without us; the next daemon finds the VM's record.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _logs.DisposeAsync();
        await _cicerone.DisposeAsync();
        await _ciceroneNews.DisposeAsync();
        await _logMember.DisposeAsync();
        await (_startup?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private Task<GrpcServer> ListenAsync(HostInstance instance)
    {
        var service = new StartupListenerService(_pending, _registry, _news);
        return GuestPort.ServeAsync(
            instance, Ports.StartupListener, binder => StartupListener.BindService(binder, service), new GrpcLimits(), _log);
    }

    private VmVerbs VmVerbsOf(StartResources resources, VmSurroundings around) =>
        new(new StartVm(new StartSequence(resources, _clock, _log), around, _log), new StopVm(_registry), new StopAllVms(_registry))
        {
            Info = new GetVmInfo(_registry),
            List = new ListVms(_registry),
            States = new ListVmStates(_registry, around.Endings),
            SyncTimes = new SyncVmTimes(_registry, resources.Guests, _clock),
        };

    private DiskVerbs DiskVerbsOf() => new(
        new CreateDiskImage(_registry, _store, new DiskMaker(_store, _formatter)),
        new DestroyDiskImage(_registry, _store, new StopVm(_registry), _clock),
        new ListVmDisks(_store));

    private static void EnsureDirectories(InstanceDirectories directories)
    {
        try
        {
            PrivateDirectory.Ensure(directories.Vsock, Private);
            PrivateDirectory.Ensure(directories.Records, Private);
            Directory.CreateDirectory(directories.State, Private);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied,
                $"The directories {directories.Runtime} and {directories.State} cannot be prepared: {refused.Message}", refused);
        }
    }
}
