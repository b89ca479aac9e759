using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone;
using VmTools.Host.Cicerone.Api;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Garcon;
using VmTools.Host.Cicerone.Tremplin;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Cicerone.Zone;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Grpc;
using VmTools.Protocol.Messages.Container;
using VmTools.Protocol.Messages.Tremplin;
using VmTools.Protocol.Vsock;
using VmTools.Unit.Host.Cicerone.Garcon;
using VmTools.Unit.Linux;
using VmTools.Unit.Protocol.Fakes;
using Xunit;
using WireContainers = VmTools.Protocol.Messages.Containers.Containers;
using WireGarcon = VmTools.Protocol.Messages.Container.Garcon;
using WireTremplin = VmTools.Protocol.Messages.Tremplin.Tremplin;

namespace VmTools.Unit.Host.Cicerone;

/// <summary>
/// The containers' half of vm_cicerone between a bus and guests: real gRPC both ways over socket pairs, and a tremplin that the test
/// scripts. The VM "dev" runs and has the CID 40.
/// </summary>
internal sealed class ContainerBench : IAsyncDisposable
{
    public const string Owner = "0123456789abcdef";

    public const int NewsBurst = 50;

    public static readonly KnownVm Dev = new(VmId.Parse(Owner, "dev"), new Cid(40));

    private readonly TemporaryDirectory _directory = new();
    private readonly List<GrpcChannel> _channels = [];
    private readonly Lock _lock = new();
    private readonly List<(string Member, IMessage Message)> _signals = [];
    private GrpcServer? _tremplin;
    private GrpcServer? _listener;
    private GrpcServer? _doors;
    private GrpcServer? _garcon;
    private AgentWay? _way;

    public ContainerBench()
    {
        Containers = new ContainerTable();
        var signals = new ContainerSignals((member, message) =>
        {
            lock (_lock)
            {
                _signals.Add((member, message));
            }
        });
        Vms = new VmTable { RunEnded = vm => Containers.Forget(vm).ToList().ForEach(name => signals.ShutDown(vm, name)) };
        Vms.Started(Dev);
        Lookup = new VmLookup(Vms, new RunningVms(_directory.Path));
        Tremplins = new TremplinConnector(Vsock, TimeProvider.System);
        Read = new ReadContainers(Tremplins, Containers, signals.ShutDown, NullLogger.Instance);
        Zones = new SetZone(Vms, Containers, Tremplins);
        Updates = new ZoneUpdates(Zones, () => Zone, TimeProvider.System, NullLogger.Instance);
        Listener = new TremplinListenerService(
            Lookup, Containers, Read, signals, Updates, new VmAllowance(NewsBurst, perHour: 3600, Clock), NullLogger.Instance);
        Doors = new ContainerListenerService(
            Lookup, Containers, new RegisterGarcon(Tremplins, Containers, signals.Started), new CallAllowance(Clock), NullLogger.Instance);
    }

    public FakeTimeProvider Clock { get; } = new();

    public MemoryVsock Vsock { get; } = new();

    public VmTable Vms { get; }

    public VmLookup Lookup { get; }

    public ContainerTable Containers { get; }

    public TremplinConnector Tremplins { get; }

    public ReadContainers Read { get; }

    public SetZone Zones { get; }

    public ZoneUpdates Updates { get; }

    /// <summary>The host's.</summary>
    public HostZone? Zone { get; set; }

    public TremplinListenerService Listener { get; }

    public ContainerListenerService Doors { get; }

    public ScriptedTremplin Tremplin { get; } = new();

    /// <summary>The groups of methods about containers.</summary>
    public IReadOnlyList<IMethodGroup> Groups =>
    [
        new StartLxdMethod(Lookup, Tremplins),
        new MakeMethods(Lookup, Tremplins),
        new RunMethods(Lookup, Tremplins, Containers),
        new UserMethods(Lookup, Tremplins),
        new ListMethods(Lookup, Read, Containers),
        new GarconMethods(Lookup, Containers, new GarconConnector(Vsock, TimeProvider.System)),
        new VshSessionMethods(Lookup, Containers),
        new EveryVmMethods(Vms, Tremplins, Zones),
    ];

    public IReadOnlyList<(string Member, IMessage Message)> Signals
    {
        get
        {
            lock (_lock)
            {
                return [.. _signals];
            }
        }
    }

    public static ContainerName Name(string text) => ContainerName.TryParse(text, out var name)
        ? name
        : throw new ArgumentException($"{text} is no name.", nameof(text));

    /// <summary>From now on the container host of the VM can be called.</summary>
    public async Task StartTremplinAsync() => _tremplin = await ServeAsync(
        Ports.Tremplin,
        [
            binder => WireTremplin.BindService(binder, Tremplin),
            binder => WireContainers.BindService(binder, Tremplin.Beside),
        ],
        new GrpcLimits());

    /// <summary>The container host goes away, and calls that it had in hand with it.</summary>
    public async Task EndTremplinAsync() => await (_tremplin?.DisposeAsync() ?? ValueTask.CompletedTask);

    /// <summary>A guest that tells of its containers.</summary>
    public async Task<TremplinListener.TremplinListenerClient> GuestAsync(uint cid = 40)
    {
        _listener ??= await ServeAsync(
            Ports.TremplinListener, [binder => TremplinListener.BindService(binder, Listener)], CiceroneComposition.ContainerLimits);
        var channel = GrpcVsock.OpenChannel(Vsock.As(new Cid(cid)), new VsockAddress(Cid.Host, Ports.TremplinListener));
        _channels.Add(channel);
        return new TremplinListener.TremplinListenerClient(channel);
    }

    /// <summary>A program of a container, behind its tremplin's line.</summary>
    public async Task<ContainerListener.ContainerListenerClient> InsideAsync(string container, uint cid = 40)
    {
        _doors ??= await ServeAsync(
            Ports.ContainerDoor,
            [binder => ContainerListener.BindService(binder, Doors)],
            CiceroneComposition.DoorLimits,
            listener => DoorListener.Over(listener, TimeProvider.System));
        var way = new NamedCarrier(Vsock.As(new Cid(cid)), container);
        var channel = GrpcVsock.OpenChannel(way, new VsockAddress(Cid.Host, Ports.ContainerDoor));
        _channels.Add(channel);
        return new ContainerListener.ContainerListenerClient(channel);
    }

    /// <summary>From now on this is the agent of a container of the VM.</summary>
    public async Task StartGarconAsync(string container, WireGarcon.GarconBase garcon)
    {
        _way = new AgentWay(await Vsock.ListenAsync(Ports.Garcon, CancellationToken.None), container);
        _garcon = await GrpcServer.StartAsync(
            new GrpcServerOptions
            {
                Listener = _way,
                Services = [binder => WireGarcon.BindService(binder, garcon)],
                AcceptPeer = static _ => true,
                Logger = NullLogger.Instance,
                Clock = TimeProvider.System,
            },
            CancellationToken.None);
    }

    public static CallOptions Soon() => new([], DateTime.UtcNow.AddSeconds(60), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        await EndTremplinAsync();
        await Updates.DisposeAsync();
        await (_listener?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_doors?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_garcon?.DisposeAsync() ?? ValueTask.CompletedTask);
        _directory.Dispose();
    }

    private async Task<GrpcServer> ServeAsync(
        VsockPort port,
        IReadOnlyList<Action<ServiceBinderBase>> services,
        GrpcLimits limits,
        Func<IVsockListener, IVsockListener>? through = null)
    {
        var listener = await Vsock.ListenAsync(port, CancellationToken.None);
        return await GrpcServer.StartAsync(
            new GrpcServerOptions
            {
                Listener = through?.Invoke(listener) ?? listener,
                Services = services,
                AcceptPeer = static _ => true,
                Logger = NullLogger.Instance,
                Clock = TimeProvider.System,
                Limits = limits,
            },
            CancellationToken.None);
    }
}
