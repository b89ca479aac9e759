using VmTools.DBus;
using VmTools.Host.Bus;
using VmTools.Host.Cicerone.Api;
using VmTools.Host.Cicerone.Containers;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Messages.Containers;
using VmTools.Protocol.Messages.Tremplin;
using Xunit;
using ContainerState = VmTools.Host.Cicerone.Containers.ContainerState;
using WireState = VmTools.Protocol.Messages.Containers.ContainerState;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>What clients hear of containers on a real bus: lists, secrets, users, signals.</summary>
public sealed class ListMethodsTests : IAsyncLifetime
{
    private static readonly ContainerName Penguin = ContainerBench.Name("penguin");

    private readonly ContainerBus _bus = new();

    private ContainerBench Bench => _bus.Bench;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _bus.InitializeAsync();

    public ValueTask DisposeAsync() => _bus.DisposeAsync();

    [Fact]
    public async Task A_container_that_runs_is_listed_with_its_secret_and_its_system()
    {
        Bench.Tremplin.Start = new StartContainerResponse
        {
            Status = StartContainerResponse.Types.Status.Started,
            OsRelease = new VmTools.Protocol.Messages.Tremplin.OsRelease { PrettyName = "Debian\n13", Id = "debian" },
        };
        await _bus.StartAsync();

        var mine = await _bus.ListRunningAsync();
        var theirs = await _bus.ListRunningAsync("ff");

        var container = Assert.Single(mine.Containers);
        Assert.Equal(("dev", "penguin", "debian"), (container.VmName, container.ContainerName, container.OsRelease.Id));
        Assert.DoesNotContain('\n', container.OsRelease.PrettyName);
        Assert.Equal(((StartContainerRequest)Bench.Tremplin.Seen[0]).Token, container.ContainerToken);
        Assert.Empty(theirs.Containers);
    }

    [Fact]
    public async Task All_containers_are_listed_as_json_as_the_guest_has_them()
    {
        Bench.Tremplin.List = new ListContainersResponse
        {
            Containers =
            {
                new ContainerSummary { Name = "zoo", State = WireState.Stopping },
                new ContainerSummary
                {
                    Name = "penguin",
                    State = WireState.Running,
                    Ipv4Address = 0x025d7364,
                    Username = "me",
                    OsPrettyName = "Debian GNU/Linux 13 (trixie)",
                    ImageId = "uuid",
                    ListeningTcp4Ports = { 22, 5355 },
                },
            },
        };

        using var answer = await ListAsync("dev");

        Assert.Equal(
            """
            [{"name":"penguin","state":"RUNNING","ipv4":"100.115.93.2","username":"me","os":"Debian GNU/Linux 13 (trixie)",
            "image":"uuid","garcon":false,"ports":[22]},
            {"name":"zoo","state":"STOPPING","ipv4":"","username":"","os":"","image":"","garcon":false,"ports":[]}]
            """.Replace("\n", "", StringComparison.Ordinal),
            answer.Text(0));
        Assert.Equal(ContainerState.Running, State());
    }

    [Theory]
    [InlineData("nobody", "No VM 'nobody' of this owner runs")]
    [InlineData("two\nlines", "No VM")]
    public async Task A_list_of_a_vm_that_does_not_run_is_an_error(string vm, string told)
    {
        var refused = await Assert.ThrowsAsync<DBusException>(() => ListAsync(vm));

        Assert.Equal(BusErrors.Failed, refused.Name);
        Assert.StartsWith(told, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_can_be_had_for_a_container_of_a_vm_that_runs()
    {
        Assert.Matches("^[0-9a-f]{32}$", await TokenAsync("dev", "penguin"));
        Assert.NotEqual(await TokenAsync("dev", "penguin"), await TokenAsync("dev", "penguin"));
        Assert.Empty(await TokenAsync("nobody", "penguin"));
        Assert.Empty(await TokenAsync("dev", "no name"));
    }

    [Fact]
    public async Task Signals_carry_one_message_each()
    {
        await using var signals = await _bus.Client!.SubscribeAsync(new MatchRule { Interface = CiceroneBus.Interface }, Cancel);

        ContainerSignals.On(_bus.Server!).ShutDown(ContainerBench.Dev.Id, Penguin);

        var signal = await signals.ReadAsync(Cancel);
        Assert.Equal(("ContainerShutdown", "ay"), (signal.Member, signal.Body.Signature));
        Assert.Equal("penguin", ContainerShutdownSignal.Parser.ParseFrom(signal.Body.Bytes(0).Span).ContainerName);
    }

    [Fact]
    public async Task Users_are_asked_for_and_made_with_texts_that_are_safe()
    {
        Bench.Tremplin.Username = new GetContainerUsernameResponse
        {
            Status = GetContainerUsernameResponse.Types.Status.Success,
            Username = "me\u001b[1m",
            Homedir = "/home/me",
        };
        Bench.Tremplin.SetUp = new SetUpUserResponse { Status = SetUpUserResponse.Types.Status.Exists, Username = "me" };

        var name = await _bus.GetUsernameAsync();
        var made = await _bus.SetUpUserAsync();

        Assert.Equal(
            (GetLxdContainerUsernameResponse.Types.Status.Success, "me", "/home/me"), (name.Status, name.Username, name.Homedir));
        Assert.Equal((SetUpLxdContainerUserResponse.Types.Status.Exists, "me"), (made.Status, made.ContainerUsername));
        Assert.Equal(
            new SetUpUserRequest { ContainerName = "penguin", ContainerUsername = "you" }, Bench.Tremplin.Seen[1]);
    }

    private ContainerState? State() => Bench.Containers.Find(ContainerBench.Dev.Id, Penguin)?.State;

    private Task<BusBody> ListAsync(string vm) => _bus.Client!.CallAsync(
        new BusCall(CiceroneBus.Name, CiceroneBus.Path, CiceroneBus.OwnInterface, CiceroneBus.ListContainersMember)
        {
            Body = new BusBody().Add(ContainerBench.Owner).Add(vm),
        },
        Cancel);

    private async Task<string> TokenAsync(string vm, string container) => (await _bus.CallAsync(
        "GetContainerToken",
        new ContainerTokenRequest { VmName = vm, OwnerId = ContainerBench.Owner, ContainerName = container },
        ContainerTokenResponse.Parser)).ContainerToken;
}
