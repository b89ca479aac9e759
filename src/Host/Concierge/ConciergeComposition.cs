using Microsoft.Extensions.Logging;
using VmTools.DBus;
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
using VmTools.Host.Concierge.Vms.Health;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.Daemon;
using VmTools.Host.HostFacts;
using VmTools.Host.Instance;
using VmTools.Linux;
using VmTools.Linux.Files;
using VmTools.Linux.ProcessControl;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages;
using VmTools.Protocol.Vsock;

namespace VmTools.Host.Concierge;

/// <summary>vm_concierge put together, from the resources up to the object on the bus.</summary>
internal sealed class ConciergeComposition : IAsyncDisposable
{
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly VmRegistry _registry;
    private readonly PendingGuests _pending = new();
    private readonly VmEventFanout _events;
    private readonly DiskOperations _operations = new();
    private readonly DiskStore _disks;
    private readonly DiskMaker _maker;
    private readonly GuestConnector _guests;
    private readonly SiblingDaemon _logForwarder;
    private readonly SiblingDaemon _cicerone;
    private readonly CiceroneNotifier _ciceroneNotifier;
    private readonly LogMethods _logMethods;
    private readonly AdoptVms _adopt;
    private GrpcServer? _startup;

    private ConciergeComposition(DaemonProgram program, ConciergeOptions options, BusConnection bus, Reaper reaper, DaemonRecord self)
    {
        var instance = program.Instance;
        var directories = instance.Directories;
        (_clock, _log) = (instance.Clock, program.Log);
        _registry = new VmRegistry(_operations);

        // What tells the world of VMs, and the daemons beside this one.
        _ciceroneNotifier = new CiceroneNotifier(bus, _clock, _log);
        _events = new VmEventFanout([new VmEventSignals(bus), _ciceroneNotifier]);
        _logForwarder = MakeSibling(Sibling.LogForwarder);
        _cicerone = MakeSibling(Sibling.Cicerone);

        // Disks.
        var formatter = new DiskFormatter(new HostTools(reaper, _clock));
        _disks = new DiskStore(directories);
        _maker = new DiskMaker(_disks, formatter);

        // What VMs run on.
        var deviceDirectory = new DeviceDirectory(directories.Vsock);
        _guests = new GuestConnector(GuestPort.CarrierOf(instance), _clock);
        var vmms = new VmmLauncher(instance.Environment, reaper, _log);
        var vmmEnd = new VmmEnd(vmms, _clock);
        var cids = new Cids(new CidFile(Path.Combine(directories.Runtime, "next_cid")), _clock);
        var records = new VmRecords(directories.Records, self.BootId, _log);
        var holdings = new VmHoldings(directories, cids, records, deviceDirectory, vmmEnd, _clock);

        // Their life.
        var endings = new VmEndings(directories, _log);
        var shutdown = new ShutdownSequence(vmmEnd, _guests, _clock, _log);
        var health = new HealthWatch(vmms, _guests, _clock, _log);
        var autopsy = new VmAutopsy(vmmEnd, directories, _clock, _log);
        var life = new VmLife(_registry, _events, endings, health, shutdown, autopsy, _clock, _log);
        _adopt = new AdoptVms(_registry, life, holdings, endings, _clock, _log);
        var devices = new DeviceLauncher(Path.Combine(instance.ProgramDirectory, "vm_vsock"), directories, reaper, _clock);
        var networks = new SlirpLauncher(instance.Environment, reaper, _log);
        var sequence = new StartSequence(_events, _clock, _log)
        {
            Planner = new StartPlanner(vmms, new GuestImages(directories.Image), new HostMemory(), options.MemoryMiB),
            Holdings = holdings,
            Processes = new VmProcesses(networks, devices, vmms, holdings),
            Disks = new StartDisks(new OwnDisk(_operations, _disks, _maker), new DiskPreparation(formatter, _clock), _clock),
            Guests = new GuestBoot(_pending, _guests, _clock),
            Termina = new StartTermina(_guests, records, _events, _clock),
            EnsureSiblings = () => Task.WhenAll(_logForwarder.EnsureAsync(), _cicerone.EnsureAsync()),
        };
        _logMethods = new LogMethods(new GetVmLogs(directories, _clock), _clock);
        var start = new StartVm(_registry, life, sequence, _events, _clock);
        Object = new ConciergeObject([.. GroupsFor(start, endings)], self, instance.Uid, _log);

        SiblingDaemon MakeSibling(Sibling sibling) =>
            new(sibling, instance, bus, options.Bus, reaper, _log) { IsNeeded = () => _registry.All.Count > 0 };
    }

    public ConciergeObject Object { get; }

    /// <summary>Completes when guests can no longer say that they are ready.</summary>
    public Task<VmToolsException?> StartupEnded => _startup!.Ended;

    /// <summary>Whether there are VMs or work on disks.</summary>
    public bool IsBusy => _registry.IsBusy;

    public static async Task<ConciergeComposition> ComposeAsync(
        DaemonProgram program, ConciergeOptions options, BusConnection bus, Reaper reaper, DaemonRecord self)
    {
        EnsureDirectories(program.Instance.Directories);
        var concierge = new ConciergeComposition(program, options, bus, reaper, self);
        concierge._disks.ClearUnfinished();
        concierge._startup = await concierge.ListenAsync(program.Instance);
        return concierge;
    }

    /// <summary>
    /// Takes the VMs of a former vm_concierge back, and keeps the daemons running that their logs and crashes go to; returns the VMs that
    /// were not taken back.
    /// </summary>
    public async Task<IReadOnlyList<VmSnapshot>> AdoptAsync()
    {
        var ended = await _adopt.RunAsync();
        _logForwarder.Watch();
        _cicerone.Watch();
        return ended;
    }

    /// <summary>
    /// Tells the end of VMs that were not taken back, once vm_concierge has its name on the bus: before that, no client knows the
    /// sender.
    /// </summary>
    public void TellEnded(IEnumerable<VmSnapshot> ended)
    {
        foreach (var vm in ended)
        {
            _events.Stopped(vm, VmStopReason.VmExited);
        }
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
            await Task.WhenAll(vms.Select(vm => vm.Ended)).WaitAsync(limit, _clock);
        }
        catch (TimeoutException)
        {
            // A stop that takes longer goes on without us; the next vm_concierge finds the VM's record.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _logForwarder.DisposeAsync();
        await _cicerone.DisposeAsync();
        await _ciceroneNotifier.DisposeAsync();
        await _logMethods.DisposeAsync();
        await (_startup?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>What callers may ask for, a line a group of methods.</summary>
    private IEnumerable<IMethodGroup> GroupsFor(StartVm start, VmEndings endings)
    {
        var stop = new StopVm(_registry);
        yield return new StartMethods(start, _log);
        yield return new StopMethods(stop);
        yield return new QueryMethods(new VmQueries(_registry, endings), new SyncVmTimes(_registry, _guests, _clock));
        yield return new DiskMethods(
            new CreateDiskImage(_operations, _disks, _maker),
            new DestroyDiskImage(
                _operations, _disks, (id, cancel) => stop.RunAsync(id, VmStopReason.DestroyDiskImageRequested, cancel), _clock),
            _disks);
        yield return _logMethods;
    }

    private Task<GrpcServer> ListenAsync(HostInstance instance)
    {
        var service = new StartupListenerService(_pending, _registry, _events);
        return GuestPort.ServeAsync(
            instance, Ports.StartupListener, binder => StartupListener.BindService(binder, service), new GrpcLimits(), _log);
    }

    private static void EnsureDirectories(InstanceDirectories directories)
    {
        try
        {
            PrivateDirectory.Ensure(directories.Records, FileModes.OwnerDoesAll);
            Directory.CreateDirectory(directories.State, FileModes.OwnerDoesAll);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new VmToolsException(
                ErrorKind.PermissionDenied,
                $"The directories {directories.Runtime} and {directories.State} cannot be prepared: {refused.Message}", refused);
        }
    }
}
