using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Api;
using VmTools.Host.Cicerone.Crashes;
using VmTools.Host.Cicerone.Transfers;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Unit.DBus;
using Xunit;

namespace VmTools.Unit.Host.Cicerone;

/// <summary>The methods about containers on a real bus, in front of a container host that the test scripts.</summary>
public sealed class ContainerBus : IAsyncLifetime
{
    private TestBus? _bus;

    internal ContainerBench Bench { get; } = new();

    public BusConnection? Server { get; private set; }

    public BusConnection? Client { get; private set; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _bus = await TestBus.StartAsync();
        Server = await _bus.ConnectAsync();
        Client = await _bus.ConnectAsync();
        await Server.ServeAsync(
            new CiceroneObject(
                [
                    .. Bench.Groups,
                    new TransferMethods(
                        Bench.Lookup, Bench.Tremplins, new ClientPresence(Server), new ExportSignals(Server, TimeProvider.System)),
                    new SnapshotMethods(Bench.Lookup, Bench.Tremplins, new ClientPresence(Server)),
                ],
                () => new CiceroneCounters().Read(0),
                TestBus.OwnUid,
                NullLogger.Instance).Build());
        await Server.RequestNameAsync(CiceroneBus.Name, Cancel);
        await Bench.StartTremplinAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in new IAsyncDisposable?[] { Client, Server, _bus, Bench })
        {
            await (part?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }

    /// <summary>Another client.</summary>
    public Task<BusConnection> ConnectAsync() => _bus!.ConnectAsync();

    public Task<CreateLxdContainerResponse> CreateAsync(CreateLxdContainerRequest request) =>
        CallAsync("CreateLxdContainer", request, CreateLxdContainerResponse.Parser);

    public Task<DeleteLxdContainerResponse> DeleteAsync(string name, string vm = "dev") => CallAsync(
        "DeleteLxdContainer",
        new DeleteLxdContainerRequest { VmName = vm, OwnerId = ContainerBench.Owner, ContainerName = name },
        DeleteLxdContainerResponse.Parser);

    public Task<StartLxdContainerResponse> StartAsync(string vm = "dev") => CallAsync(
        "StartLxdContainer",
        new StartLxdContainerRequest { VmName = vm, OwnerId = ContainerBench.Owner },
        StartLxdContainerResponse.Parser);

    public Task<StopLxdContainerResponse> StopAsync(string name, string vm = "dev") => CallAsync(
        "StopLxdContainer",
        new StopLxdContainerRequest { VmName = vm, OwnerId = ContainerBench.Owner, ContainerName = name },
        StopLxdContainerResponse.Parser);

    public Task<GetLxdContainerUsernameResponse> GetUsernameAsync(string vm = "dev") => CallAsync(
        "GetLxdContainerUsername",
        new GetLxdContainerUsernameRequest { VmName = vm, OwnerId = ContainerBench.Owner },
        GetLxdContainerUsernameResponse.Parser);

    public Task<SetUpLxdContainerUserResponse> SetUpUserAsync(string vm = "dev") => CallAsync(
        "SetUpLxdContainerUser",
        new SetUpLxdContainerUserRequest { VmName = vm, OwnerId = ContainerBench.Owner, ContainerUsername = "you" },
        SetUpLxdContainerUserResponse.Parser);

    public Task<ListRunningContainersResponse> ListRunningAsync(string owner = ContainerBench.Owner) => CallAsync(
        "ListRunningContainers", new ListRunningContainersRequest { OwnerId = owner }, ListRunningContainersResponse.Parser);

    public async Task<T> CallAsync<T>(string member, IMessage request, MessageParser<T> parser)
        where T : IMessage<T>
    {
        using var body = BusBody.Of(request.ToByteArray());
        using var answer = await Client!.CallAsync(
            new BusCall(CiceroneBus.Name, CiceroneBus.Path, CiceroneBus.Interface, member) { Body = body }, Cancel);
        return parser.ParseFrom(answer.Bytes(0).Span);
    }
}
