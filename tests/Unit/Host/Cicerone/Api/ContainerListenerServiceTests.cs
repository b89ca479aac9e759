using Grpc.Core;
using VmTools.Host.Cicerone.Containers;
using VmTools.Host.Cicerone.Garcon;
using VmTools.Host.Cicerone.Vms;
using VmTools.Host.Vms;
using VmTools.Protocol;
using VmTools.Protocol.Messages.Cicerone;
using VmTools.Protocol.Messages.Container;
using VmTools.Protocol.Messages.Tremplin;
using VmTools.Protocol.Vsock;
using Xunit;
using ContainerShutdownInfo = VmTools.Protocol.Messages.Container.ContainerShutdownInfo;

namespace VmTools.Unit.Host.Cicerone.Api;

/// <summary>What agents of containers say, right and wrong, over real gRPC behind the line that names the container.</summary>
public sealed class ContainerListenerServiceTests : IAsyncLifetime
{
    private const string Token = "00112233445566778899aabbccddeeff";

    private static readonly ContainerName Penguin = ContainerBench.Name("penguin");
    private static readonly ContainerName Other = ContainerBench.Name("other");

    private readonly ContainerBench _bench = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _bench.StartTremplinAsync();
        _bench.Tremplin.Username = new GetContainerUsernameResponse
        {
            Status = GetContainerUsernameResponse.Types.Status.Success,
            Username = "ann",
            Homedir = "/home/ann",
        };
        Run(Penguin, Token);
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task The_right_token_registers_and_the_bus_hears_of_the_container()
    {
        await ReadyAsync("penguin", Token);

        Assert.True(_bench.Containers.Find(ContainerBench.Dev.Id, Penguin)!.IsRegistered);
        var signal = Assert.IsType<ContainerStartedSignal>(Assert.Single(_bench.Signals).Message);
        Assert.Equal(
            ("dev", "penguin", ContainerBench.Owner, "ann", "/home/ann", "100.115.93.2", Token),
            (signal.VmName, signal.ContainerName, signal.OwnerId, signal.ContainerUsername, signal.ContainerHomedir, signal.Ipv4Address,
                signal.ContainerToken));
    }

    [Fact]
    public async Task An_agent_may_register_before_the_start_is_told_of_and_again()
    {
        _bench.Containers.BeginStart(ContainerBench.Dev.Id, Other, "other secret");

        await ReadyAsync("other", "other secret");
        _bench.Containers.Set(ContainerBench.Dev.Id, Other, ContainerState.Running);
        await ReadyAsync("other", "other secret");

        Assert.True(_bench.Containers.Find(ContainerBench.Dev.Id, Other)!.IsRegistered);
    }

    [Fact]
    public async Task Whatever_is_wrong_is_refused_in_the_same_words()
    {
        Run(Other, "other secret");
        _bench.Vms.Started(new KnownVm(VmId.Parse(ContainerBench.Owner, "second"), new Cid(41)));
        var refusals = new[]
        {
            await RefusedAsync("penguin", "no secret of anybody"),
            await RefusedAsync("penguin", "other secret"),
            await RefusedAsync("other", Token),
            await RefusedAsync("nobody", Token),
            await RefusedAsync("penguin", Token, cid: 41),
            await RefusedAsync("penguin", Token, cid: 99),
            await RefusedAsync("penguin", Token[..^1]),
            await RefusedAsync("penguin", new string('x', 10_000)),
        };

        Assert.Single(refusals.Distinct());
        Assert.Equal(StatusCode.FailedPrecondition, refusals[0].StatusCode);
        Assert.DoesNotContain(_bench.Containers.WithSecrets(), entry => entry.Container.IsRegistered);
        Assert.Empty(_bench.Signals);
    }

    [Fact]
    public async Task Without_a_token_nothing_is_looked_up()
    {
        Assert.Equal(StatusCode.InvalidArgument, (await RefusedAsync("penguin", "")).StatusCode);
    }

    [Fact]
    public async Task A_token_ends_with_its_container()
    {
        _bench.Containers.Set(ContainerBench.Dev.Id, Penguin, ContainerState.Stopped);
        Assert.Equal(StatusCode.FailedPrecondition, (await RefusedAsync("penguin", Token)).StatusCode);

        Run(Penguin, "the next");
        Assert.Equal(StatusCode.FailedPrecondition, (await RefusedAsync("penguin", Token)).StatusCode);
        await ReadyAsync("penguin", "the next");

        _bench.Vms.Stopped(ContainerBench.Dev.Id);
        Assert.Equal(StatusCode.FailedPrecondition, (await RefusedAsync("penguin", "the next")).StatusCode);
    }

    [Fact]
    public async Task A_container_that_does_not_run_as_its_VM_says_is_not_registered()
    {
        _bench.Tremplin.Info = new GetContainerInfoResponse { Status = GetContainerInfoResponse.Types.Status.Stopped };

        Assert.Equal(StatusCode.FailedPrecondition, (await RefusedAsync("penguin", Token)).StatusCode);
        Assert.False(_bench.Containers.Find(ContainerBench.Dev.Id, Penguin)!.IsRegistered);
    }

    [Fact]
    public async Task An_agent_that_ends_is_registered_no_longer_and_its_container_runs_on()
    {
        await ReadyAsync("penguin", Token);
        var inside = await _bench.InsideAsync("penguin");

        await inside.ContainerShutdownAsync(new ContainerShutdownInfo { Token = Token }, ContainerBench.Soon());

        var known = _bench.Containers.Find(ContainerBench.Dev.Id, Penguin)!;
        Assert.Equal((ContainerState.Running, false), (known.State, known.IsRegistered));
        await ReadyAsync("penguin", Token);
    }

    [Fact]
    public async Task Guesses_are_soon_refused_unread_and_cost_no_other_container_anything()
    {
        Run(Other, "other secret");
        var inside = await _bench.InsideAsync("other");
        var answers = new List<StatusCode>();
        for (var guess = 0; guess < 3 * CallAllowance.Burst; guess++)
        {
            answers.Add((await RefusedAsync(inside, $"guess {guess}")).StatusCode);
        }

        Assert.Equal(CallAllowance.Burst, answers.Count(code => code == StatusCode.FailedPrecondition));
        Assert.Equal(2 * CallAllowance.Burst, answers.Count(code => code == StatusCode.ResourceExhausted));
        await ReadyAsync("penguin", Token);
        _bench.Clock.Advance(TimeSpan.FromSeconds(2));
        await inside.ContainerReadyAsync(new ContainerStartupInfo { Token = "other secret" }, ContainerBench.Soon());
    }

    [Theory]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
    [InlineData("CONTAINER \n")]
    [InlineData("CONTAINER ../penguin\n")]
    [InlineData("no newline in it, and longer than any line that names a container could be, even the longest")]
    public async Task A_stream_that_names_no_container_is_hung_up_on_and_others_are_served(string bytes)
    {
        await _bench.InsideAsync("penguin");
        await using var stream = await _bench.Vsock.As(new Cid(40)).ConnectAsync(
            new VsockAddress(Cid.Host, Ports.ContainerDoor), Cancel);
        await stream.Stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(bytes), Cancel);

        Assert.Equal(0, await ReadAsync(stream));
        await ReadyAsync("penguin", Token);
    }

    [Fact]
    public async Task Streams_that_say_nothing_keep_no_other_waiting()
    {
        await _bench.InsideAsync("penguin");
        var silent = new List<VsockStream>();
        for (var i = 0; i < 200; i++)
        {
            silent.Add(await _bench.Vsock.As(new Cid(41)).ConnectAsync(new VsockAddress(Cid.Host, Ports.ContainerDoor), Cancel));
        }

        await ReadyAsync("penguin", Token);

        foreach (var stream in silent)
        {
            await stream.DisposeAsync();
        }
    }

    /// <summary>A connection that is closed with bytes unread is reset.</summary>
    private static async Task<int> ReadAsync(VsockStream stream)
    {
        try
        {
            return await stream.Stream.ReadAsync(new byte[16], Cancel).AsTask().InTime();
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private void Run(ContainerName name, string token)
    {
        _bench.Containers.BeginStart(ContainerBench.Dev.Id, name, token);
        _bench.Containers.Set(ContainerBench.Dev.Id, name, ContainerState.Running);
    }

    private async Task ReadyAsync(string container, string token) => await (await _bench.InsideAsync(container)).ContainerReadyAsync(
        new ContainerStartupInfo { Token = token, GarconPort = 1 }, ContainerBench.Soon());

    private async Task<Status> RefusedAsync(string container, string token, uint cid = 40) =>
        await RefusedAsync(await _bench.InsideAsync(container, cid), token);

    private static async Task<Status> RefusedAsync(ContainerListener.ContainerListenerClient inside, string token)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await inside.ContainerReadyAsync(new ContainerStartupInfo { Token = token }, ContainerBench.Soon()));
        return new Status(refused.StatusCode, refused.Status.Detail);
    }
}
