using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Bus;
using VmTools.Host.Concierge.Api;
using VmTools.Host.Concierge.Device;
using VmTools.Host.Concierge.Disks;
using VmTools.Host.Concierge.GuestAgent;
using VmTools.Host.Concierge.HostProcesses;
using VmTools.Host.Concierge.Network;
using VmTools.Host.Concierge.Vmm;
using VmTools.Host.Concierge.Vms;
using VmTools.Host.Concierge.Vms.Health;
using VmTools.Host.Concierge.Vms.Start;
using VmTools.Host.Concierge.Vms.Stop;
using VmTools.Host.HostFacts;
using VmTools.Host.Instance;
using VmTools.Host.LogStore;
using VmTools.Host.Vms;
using VmTools.Linux.ProcessControl;
using VmTools.Linux.Sockets;
using VmTools.Protocol;
using VmTools.Protocol.Vsock;
using VmTools.Unit.Linux;
using Xunit;

namespace VmTools.Unit.Host.Concierge.Fakes;

/// <summary>
/// vm_concierge's use cases and resources on a temporary directory, with fakes where the world begins: VMM, device, guest, clock.
/// <see cref="Failing"/> names the one thing that goes wrong.
/// </summary>
internal sealed class ConciergeBench : IVmmLauncher, IDeviceLauncher, INetworkLauncher, IGuestConnector, IAsyncDisposable
{
    public const string Owner = "0123456789abcdef";
    public const string BootId = "this-boot";
    private readonly TemporaryDirectory _directory = new();
    private readonly Reaper _reaper = Reaper.ForChildren();
    private readonly Dictionary<uint, FakeMachine> _machines = [];
    private readonly Dictionary<string, FakeProcess> _devices = [];
    private readonly List<FakeProcess> _networks = [];
    private readonly List<Task<VmSnapshot>> _starts = [];
    private int _lastPid = 100_000_000;

    public ConciergeBench()
    {
        Directories = new InstanceDirectories(_directory.File("run"), _directory.File("state"), _directory.File("image"));
        foreach (var path in new[] { Directories.Runtime, Directories.Vsock, Directories.Records, Directories.State, Directories.Image })
        {
            Directory.CreateDirectory(path);
        }

        FakeImage.WriteTo(Directories.Image);
        File.WriteAllText(MemoryFile, "MemAvailable: 8000000 kB\n");
        Store = new DiskStore(Directories);
        Formatter = new DiskFormatter(new HostTools(_reaper, TimeProvider.System));
        Registry = new VmRegistry(DiskOperations);
        Endings = new VmEndings(Directories, NullLogger.Instance);
        Records = new VmRecords(Directories.Records, BootId, NullLogger.Instance);
        DeviceDirectory = new DeviceDirectory(Directories.Vsock);
        DiskPreparation = new DiskPreparation(Formatter, Clock);
        var events = Events = new FakeVmEvents(Journal);
        var vmmEnd = new VmmEnd(this, Clock);
        var shutdown = new ShutdownSequence(vmmEnd, this, Clock, NullLogger.Instance);
        var health = new HealthWatch(this, this, Clock, NullLogger.Instance);
        var autopsy = new VmAutopsy(vmmEnd, Directories, Clock, NullLogger.Instance);
        var life = new VmLife(Registry, events, Endings, health, shutdown, autopsy, Clock, NullLogger.Instance);
        var cids = new Cids(new CidFile(Path.Combine(Directories.Runtime, "next_cid")), Clock);
        var holdings = new VmHoldings(Directories, cids, Records, DeviceDirectory, vmmEnd, Clock);
        Adopt = new AdoptVms(Registry, life, holdings, Endings, Clock, NullLogger.Instance);
        Start = new StartVm(Registry, life, MakeSequence(events, holdings), events, Clock);
        Stop = new StopVm(Registry);
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public Journal Journal { get; } = new();

    public FakeVmEvents Events { get; }

    public InstanceDirectories Directories { get; }

    public DiskOperations DiskOperations { get; } = new();

    public VmRegistry Registry { get; }

    public PendingGuests Pending { get; } = new();

    public FakeBackEnd BackEnd { get; } = new();

    public DiskStore Store { get; }

    public DiskFormatter Formatter { get; }

    public DiskPreparation DiskPreparation { get; }

    public VmEndings Endings { get; }

    public VmRecords Records { get; }

    public DeviceDirectory DeviceDirectory { get; }

    public AdoptVms Adopt { get; }

    public StartVm Start { get; }

    public StopVm Stop { get; }

    /// <summary>The groups of methods that vm_concierge serves, all but the one for logs.</summary>
    public IReadOnlyList<IMethodGroup> MethodGroups =>
    [
        new StartMethods(Start, NullLogger.Instance),
        new StopMethods(Stop),
        new QueryMethods(new VmQueries(Registry, Endings), new SyncVmTimes(Registry, this, Clock)),
        new DiskMethods(
            new CreateDiskImage(DiskOperations, Store, new DiskMaker(Store, Formatter)),
            Destroy,
            Store),
    ];

    public DestroyDiskImage Destroy => new(
        DiskOperations, Store, (id, cancel) => Stop.RunAsync(id, VmStopReason.DestroyDiskImageRequested, cancel), TimeProvider.System);

    /// <summary>VMM, Device, DeviceReady, Network, NetworkSoon, or the name of a guest's call.</summary>
    public string? Failing { get; set; }

    /// <summary>Whether a guest that is launched says that it is ready.</summary>
    public bool GuestsBoot { get; set; } = true;

    /// <summary>Whether a guest that is told to switch itself off does so.</summary>
    public bool GuestsObey { get; set; } = true;

    /// <summary>Whether the agent of a guest answers at all.</summary>
    public bool GuestsHear { get; set; } = true;

    /// <summary>Completes when the container hosts of guests may be up.</summary>
    public Task TerminaMayCome { get; set; } = Task.CompletedTask;

    /// <summary>Completes when they take calls.</summary>
    public Task TerminaServes { get; set; } = Task.CompletedTask;

    /// <summary>Whether the kernel of a guest answers.</summary>
    public bool GuestsAnswer { get; set; } = true;

    /// <summary>Whether a shell in a guest can switch it off.</summary>
    public bool ShellsWork { get; set; }

    /// <summary>What the VMM of a VM tells; null where it tells nothing.</summary>
    public FakeMonitor? Monitor { get; set; }

    /// <summary>Whether a VMM ends when asked over its control socket.</summary>
    public bool VmmsQuit { get; set; } = true;

    public long FreeBytes => new DriveInfo(Directories.State).AvailableFreeSpace;

    public string MemoryFile => _directory.File("meminfo");

    /// <summary>Everything on disk that a VM holds while it runs: gone when it is.</summary>
    public IReadOnlyList<string> Held =>
    [
        .. Directory.EnumerateFileSystemEntries(Directories.Runtime, "vm.*").Select(Path.GetFileName).OfType<string>(),
        .. Directory.EnumerateFileSystemEntries(Directories.Vsock).Select(Path.GetFileName).OfType<string>(),
        .. Directory.EnumerateFileSystemEntries(Directories.Records).Select(Path.GetFileName).OfType<string>(),
    ];

    public IReadOnlyList<FakeProcess> Alive =>
        [.. _machines.Values.Select(machine => machine.Vmm).Concat(_devices.Values).Concat(_networks)
            .Where(process => !process.Ended.IsCompleted)];

    public static VmId IdOf(string name) => VmId.Parse(Owner, name);

    public FakeMachine MachineOf(Cid cid) => _machines[cid.Value];

    public FakeMachine MachineOf(string name) => MachineOf(Registry.Find(IdOf(name))!.Snapshot.Cid!.Value);

    /// <summary>Starts a VM as StartVm does.</summary>
    public Task<VmSnapshot> StartAsync(string name, bool withContainers = false)
    {
        var start = Start.RunAsync(new StartSpec(IdOf(name)) { StartsTermina = withContainers }, TestContext.Current.CancellationToken);
        _starts.Add(start);
        return start;
    }

    public Task StopAsync(string name) => Stop.RunAsync(IdOf(name), VmStopReason.StopVmRequested, TestContext.Current.CancellationToken);

    /// <summary>Waits for a line of the journal.</summary>
    public async Task SeesAsync(string line)
    {
        var limit = TimeProvider.System.GetTimestamp();
        while (!Journal.Lines.Contains(line))
        {
            var failed = _starts.Select(start => start.Exception?.InnerException).FirstOrDefault(cause => cause is not null);
            Assert.True(TimeProvider.System.GetElapsedTime(limit) < TimeSpan.FromSeconds(20),
                $"'{line}' is not in: {string.Join("; ", Journal.Lines)} {failed}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Lets the fake clock run until something is done, as real time would.</summary>
    public async Task<T> RunClockUntilAsync<T>(Task<T> done, TimeSpan step)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (await Task.WhenAny(done, Task.Delay(20, TestContext.Current.CancellationToken)) != done)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(since) < TimeSpan.FromSeconds(20), "Nothing came of it.");
            Clock.Advance(step);
        }

        return await done;
    }

    public IVmmBackEnd Choose() =>
        Failing == "Choose" ? throw new VmToolsException(ErrorKind.Unavailable, "There is no VMM.") : BackEnd;

    public IHostProcess Launch(IVmmBackEnd backEnd, VmmConfiguration configuration, string log)
    {
        Journal.Write("VMM");
        if (Failing == "VMM")
        {
            throw new VmToolsException(ErrorKind.Unavailable, "The VMM cannot be started.");
        }

        var vmm = new FakeProcess(++_lastPid, signal => Journal.Write($"VMM {signal}")) { Follower = _devices[configuration.VsockSocket] };
        _machines[configuration.Cid.Value] = new FakeMachine(configuration, vmm, _devices[configuration.VsockSocket]);
        Says(configuration.Name, "first line", configuration.Cid);
        if (GuestsBoot)
        {
            Task.Run(() => Pending.TryReady(configuration.Cid));
        }

        return vmm;
    }

    /// <summary>A line of a VM's console, as the device writes it; one that tells of a fault goes to both files.</summary>
    public void Says(string name, string text, Cid? cid = null)
    {
        cid ??= Registry.Find(IdOf(name))!.Snapshot.Cid;
        var paths = VmLogPaths.Of(Directories, IdOf(name));
        var line = new ArrayBufferWriter<byte>();
        new StoredLine(Clock.GetUtcNow(), 5, cid!.Value.Value, Encoding.UTF8.GetBytes(text)).WriteTo(line);
        Directory.CreateDirectory(paths.Directory);
        File.AppendAllBytes(paths.FileOf(LogSource.Console), line.WrittenSpan);
        if (KernelFaultLine.Begins(Encoding.UTF8.GetBytes(text)))
        {
            File.AppendAllBytes(paths.Panics, line.WrittenSpan);
        }
    }

    public Task QuitAsync(string? backEnd, string controlSocket, CancellationToken cancel)
    {
        Journal.Write("Quit");
        if (!VmmsQuit)
        {
            throw new VmToolsException(ErrorKind.Unavailable, "The VMM does not listen.");
        }

        _machines.Values.Single(machine => machine.Configuration.ControlSocket == controlSocket).Vmm.End();
        return Task.CompletedTask;
    }

    public LaunchedNetwork? Launch(VmPaths paths, bool reachesHostLoopback)
    {
        if (Failing == "Network")
        {
            throw new VmToolsException(ErrorKind.Unavailable, "The network cannot be started.");
        }

        var network = new FakeProcess(++_lastPid, signal => Journal.Write($"Network {signal}"));
        _networks.Add(network);
        if (Failing == "NetworkSoon")
        {
            network.End("exited with code 1");
        }

        var (vmmEnd, deviceEnd) = UnixSocket.PacketPair();
        return new LaunchedNetwork(network) { VmmEnd = vmmEnd, DeviceEnd = deviceEnd, Life = deviceEnd.Duplicate() };
    }

    public LaunchedDevice Launch(VmPaths paths, LaunchedNetwork? network)
    {
        if (Failing == "Device")
        {
            throw new VmToolsException(ErrorKind.Unavailable, "The device cannot be started.");
        }

        var device = new FakeProcess(++_lastPid, signal => Journal.Write($"Device {signal}")) { Follower = _networks.LastOrDefault() };
        _devices[paths.VsockSocket] = device;
        File.WriteAllText(paths.GuestSocket, "");
        File.WriteAllText(paths.VsockSocket, "");
        return new LaunchedDevice(
            device,
            Failing == "DeviceReady"
                ? Task.FromException(new VmToolsException(ErrorKind.Unavailable, "The device is not ready."))
                : Task.CompletedTask);
    }

    public IGuest Connect(Cid cid) => new FakeGuest(cid, this);

    public async Task<bool> AnswersAsync(Cid cid, CancellationToken cancel)
    {
        if (!GuestsAnswer)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Clock, cancel);
        }

        return true;
    }

    public Task ContainersServedAsync(Cid cid, CancellationToken cancel) => TerminaServes.WaitAsync(cancel);

    public async Task SwitchOffByKernelAsync(Cid cid, CancellationToken cancel)
    {
        Journal.Write("Shell");
        if (!ShellsWork)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Clock, cancel);
        }

        MachineOf(cid).Vmm.End();
    }

    public Task<IVmmMonitor?> MonitorAsync(VmRecord record, CancellationToken cancel) => Task.FromResult<IVmmMonitor?>(Monitor);

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Alive)
        {
            process.IsImmortal = false;
            process.End();
        }

        await Task.WhenAll(Registry.All.Select(vm => vm.Ended)).WaitAsync(TimeSpan.FromSeconds(20));
        await _reaper.DisposeAsync();
        _directory.Dispose();
    }

    private StartSequence MakeSequence(FakeVmEvents events, VmHoldings holdings) => new(events, Clock, NullLogger.Instance)
    {
        Planner = new StartPlanner(this, new GuestImages(Directories.Image), new HostMemory(MemoryFile), memoryMiB: 512),
        Holdings = holdings,
        Processes = new VmProcesses(this, this, this, holdings),
        Disks = new StartDisks(new OwnDisk(DiskOperations, Store, new DiskMaker(Store, Formatter)), DiskPreparation, Clock),
        Guests = new GuestBoot(Pending, this, Clock),
        Termina = new StartTermina(this, Records, events, Clock),
    };
}
